"""How far we trust: credit limits of customers and the exposure held against them."""
