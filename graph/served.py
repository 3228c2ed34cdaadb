"""What the dev server serves (`langgraph.json` names it): the server looks for a plain module attribute, and brings its own checkpointer."""

from __future__ import annotations

from graph.build import compile_graph

graph = compile_graph()
