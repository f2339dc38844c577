"""The one place of the web that speaks to Temporal."""
