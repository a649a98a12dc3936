"""The root of /api/v1/: each app brings its own endpoints."""

from rest_framework.routers import SimpleRouter

from credit import api as credit
from credit import order_check_api
from dunning import api as dunning
from kpis import api as kpis
from ledger import api as ledger
from ledger import document_files_api, imports_api, orders_api

router = SimpleRouter(trailing_slash=False)
router.register("customers", ledger.CustomerViewSet, basename="customer")
router.register("documents", ledger.DocumentViewSet, basename="document")
router.register("document-files", document_files_api.DocumentFileViewSet, basename="document-file")
router.register("payments", ledger.PaymentViewSet, basename="payment")
router.register("allocations", ledger.AllocationViewSet, basename="allocation")
router.register("imports", imports_api.ImportViewSet, basename="import")
router.register("credit-checks", order_check_api.CreditCheckViewSet, basename="credit-check")
router.register("credit-requests", credit.CreditRequestViewSet, basename="credit-request")
router.register("indicators", kpis.IndicatorViewSet, basename="indicator")
router.register("orders", orders_api.OrderViewSet, basename="order")
router.register("reminders", dunning.ReminderViewSet, basename="reminder")

urlpatterns = router.urls
