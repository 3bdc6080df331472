"""What is in service, and its proof: the datasets of the bundle with checksum, producer and licence."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter

from app.api.caching import Revalidated
from app.api.catalogue_schemas import DatasetsAnswer, DatasetShape
from app.api.dependencies import ServiceDep
from app.api.exports import credited, formats_of

router = APIRouter(prefix="/v1", tags=["datasets"], route_class=Revalidated)


@router.get("/datasets", summary="The datasets in service", response_model=DatasetsAnswer)
def datasets(service: ServiceDep) -> DatasetsAnswer:
    catalogue = service.catalogue
    return DatasetsAnswer(
        bundle=catalogue.bundle_id,
        territory=catalogue.territory,
        datasets=[
            DatasetShape.model_validate(
                asdict(credited(catalogue, dataset))
                | {"downloads": [f"/downloads/{dataset.id}.{form}" for form in formats_of(dataset)]}
            )
            for dataset in catalogue.datasets
        ],
        data_version=catalogue.data_version,
    )
