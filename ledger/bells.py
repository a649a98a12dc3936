"""The bell of imports: somebody has sent a file in or released one."""

from kernel.bells import ring_after_commit
from ledger.models import ImportBatch


def ring_for(batch: ImportBatch) -> None:
    """Wake a worker for this import as soon as the open transaction has committed."""
    ring_after_commit("ledger.tasks.work_import", str(batch.tenant_id), str(batch.pk))
