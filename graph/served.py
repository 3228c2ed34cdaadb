"""What the dev server serves: it wants a plain module attribute, and brings its own checkpointer (`langgraph.json`)."""

from __future__ import annotations

from graph.build import compile_graph

graph = compile_graph()
