"""State AnalyzeGraph: who asked about what, and which articles answered."""

from __future__ import annotations

from firstline.domain.conversation import CustomerInsights
from firstline.domain.ports import Clock
from firstline.domain.style import judge_style
from firstline.domain.turn import Insights, Turn
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.graph import GraphRepository, Node


def analyze_graph(turn: Turn, *, graph: GraphRepository, customers: CustomerRepository, clock: Clock) -> Insights:
    """Write the edges of this answer, once, and keep what they say for the customer's next message."""
    if turn.reply is None:
        return Insights(edges_written=0)
    now = clock.now()
    person: Node = ("customer", turn.identified.customer.customer_id)
    topic: Node = ("topic", turn.classified.category.value)
    outcome: Node = ("outcome", turn.reply.action.value)
    articles: list[Node] = [("article", source) for source in dict.fromkeys(c.source for c in turn.reply.citations)]
    edges = [(person, topic), (topic, outcome), *((topic, article) for article in articles)]
    topics = graph.neighbours(person, "topic")
    contacts = topics.get(topic[1], 0)
    topics[topic[1]] = contacts + 1
    others = graph.customers(topic) - (contacts > 0)
    insights = CustomerInsights(
        topics=sorted(topics, key=lambda name: (-topics[name], name)),
        contacts_on_topic=contacts + 1,
        similar_customers=others,
    )
    customer = turn.identified.customer
    writing = customer.writing.after(judge_style(turn.question, arousal=turn.classified.frustration))
    also = customers.count_answer(customer, turn.conversation_id, insights, writing=writing, now=now)
    if not contacts:
        also.append(graph.count_customer(topic))
    written = graph.add(turn.conversation_id, turn.turn_id, edges, also=also, now=now)
    return Insights(
        edges_written=len(edges) if written else 0,
        contacts_on_topic=contacts + 1 if written else contacts,
        similar_customers=others,
    )
