"""What may be allowed in indicators."""

SEE_TENANT_FIGURES = "kpis.see_tenant_figures"
