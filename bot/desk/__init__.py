"""The staff's web pages: try, content, trends, health. The only code that touches the web framework."""
