"""The web's only access to Temporal."""
