"""The BODACC, France's gazette of commercial notices: published insolvencies, read from its open API (DILA)."""
