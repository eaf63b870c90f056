"""Agents: the tools that language models use, for those who have the extra ``mcp``."""
