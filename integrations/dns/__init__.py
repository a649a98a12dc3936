"""Questions to the domain name system, through dnspython: whether a tenant's sending domain says what it must."""
