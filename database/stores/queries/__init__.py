"""Read-only queries for pages, the API, letters and the export."""
