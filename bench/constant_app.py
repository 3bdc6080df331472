"""What HTTP costs here whatever one does: FastAPI's own constant route, and an application with nothing else."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/constant")
async def constant() -> dict[str, str]:
    return {"answer": "always the same"}
