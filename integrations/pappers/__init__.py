"""Pappers, a commercial source about French companies: accounts, insolvencies, its own rating; paid by the call."""
