"""Content files -> a frozen Campaign, and every problem in them. The only code that touches YAML."""

from bot.content_tools.load.build import Content, Reading, read_content

__all__ = ["Content", "Reading", "read_content"]
