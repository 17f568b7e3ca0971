import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.painless.PainlessPlugin;
import org.opensearch.plugins.ExtensiblePlugin;
import org.opensearch.plugins.Plugin;

/** One node with the plugins on the class path. Arguments: HOME name=value... (also read: HOME/config/opensearch.yml). */
public class OpenSearchNode {
    static final class NodeWithPlugins extends Node {
        NodeWithPlugins(Environment environment, List<Class<? extends Plugin>> plugins) {
            super(environment, plugins, true);
        }
    }

    static final class ClassPathExtensions implements ExtensiblePlugin.ExtensionLoader {
        public <T> List<T> loadExtensions(Class<T> type) {
            List<T> extensions = new ArrayList<>();
            ServiceLoader.load(type).forEach(extensions::add);
            return extensions;
        }
    }

    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]).toAbsolutePath();
        Path configuration = Files.createDirectories(home.resolve("config"));
        Settings.Builder settings = Settings.builder().put("path.home", home.toString());
        for (int i = 1; i < arguments.length; i++) {
            String[] pair = arguments[i].split("=", 2);
            settings.put(pair[0], pair[1]);
        }
        Environment environment =
            InternalSettingsPreparer.prepareEnvironment(settings.build(), Map.of(), configuration, () -> "n1");

        // A plugin on the class path is not offered extensions; without them painless lacks cosineSimilarity.
        new PainlessPlugin().loadExtensions(new ClassPathExtensions());
        Node node = new NodeWithPlugins(environment, List.of(
            org.opensearch.transport.Netty4Plugin.class,
            org.opensearch.analysis.common.CommonAnalysisPlugin.class,
            org.opensearch.index.reindex.ReindexPlugin.class,
            PainlessPlugin.class,
            org.opensearch.knn.plugin.KNNPlugin.class));
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
                node.awaitClose(30, TimeUnit.SECONDS);
            } catch (Exception error) {
                error.printStackTrace();
            }
            stopped.countDown();
        }, "stop"));
        node.start();
        stopped.await();
    }
}
