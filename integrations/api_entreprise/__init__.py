"""API Entreprise, the French State's company register: Insee, Banque de France, DGFiP and VIES behind one address."""
