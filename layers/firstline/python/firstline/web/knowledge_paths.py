"""Where the administration of the knowledge is, for what must know it without importing it."""

PREFIX = "/admin/knowledge"
IMPORT_PATH = f"{PREFIX}/import"
"""Takes larger bodies than other routes."""
