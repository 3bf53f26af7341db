"""A pipecat bot built by its documentation: WebSocket, Silero, turn model, Whisper; replies at once.

Runs in pipecat's own environment, never in the project's: `python bot.py --port 7860 --weights FOLDER [--beam 1]`.
Everything is pipecat's default but the beam, where it is given, and the responder: it says one fixed line as soon as
the turn is over (after `--first-token-ms`), so that what is compared is hearing.
"""

from __future__ import annotations

import argparse
import asyncio
import os

import uvicorn
from fastapi import FastAPI, WebSocket
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import LLMContextFrame, LLMFullResponseEndFrame, LLMFullResponseStartFrame, LLMTextFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.processors.frameworks.rtvi import RTVIObserverParams
from pipecat.serializers.protobuf import ProtobufFrameSerializer
from pipecat.services.whisper.stt import WhisperSTTService
from pipecat.transcriptions.language import Language
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner

RATE = 16_000
REPLY = "Thank you. What would have made it better?"


class Responder(FrameProcessor):
    """Answers each turn with the same words."""

    def __init__(self, *, first_token_seconds: float) -> None:
        super().__init__()
        self._first_token_seconds = first_token_seconds

    async def process_frame(self, frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        await self.push_frame(LLMFullResponseStartFrame())
        await asyncio.sleep(self._first_token_seconds)
        await self.push_frame(LLMTextFrame(REPLY))
        await self.push_frame(LLMFullResponseEndFrame())


class BeamOf:
    """A Whisper model that is asked with a beam of its own; pipecat has no setting for it."""

    def __init__(self, model, beam: int) -> None:
        self._model = model
        self._beam = beam

    def __getattr__(self, name: str):
        return getattr(self._model, name)

    def transcribe(self, audio, **options):
        return self._model.transcribe(audio, beam_size=self._beam, **options)


def serve(given: argparse.Namespace) -> None:
    app = FastAPI()
    settings = WhisperSTTService.Settings(model=given.weights, language=Language.EN)

    @app.get("/ready")
    def ready() -> dict[str, bool]:
        return {"ready": True}

    # One model for all connections, loaded before the first: pipecat would load it as each begins.
    loaded = WhisperSTTService(device="cpu", compute_type="int8", settings=settings)._model
    warm = BeamOf(loaded, given.beam) if given.beam else loaded

    class Hearing(WhisperSTTService):
        def _load(self) -> None:
            self._model = warm

    @app.websocket("/ws")
    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        transport = FastAPIWebsocketTransport(
            websocket=socket,
            params=FastAPIWebsocketParams(
                audio_in_enabled=True, audio_out_enabled=False, serializer=ProtobufFrameSerializer()
            ),
        )
        aggregators = LLMContextAggregatorPair(
            LLMContext(), user_params=LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer())
        )
        pipeline = Pipeline(
            [
                transport.input(),
                Hearing(device="cpu", compute_type="int8", settings=settings),
                aggregators.user(),
                Responder(first_token_seconds=given.first_token_ms / 1000),
                transport.output(),
                aggregators.assistant(),
            ]
        )
        worker = PipelineWorker(
            pipeline,
            params=PipelineParams(audio_in_sample_rate=RATE, enable_metrics=True),
            idle_timeout_secs=None,
            rtvi_observer_params=RTVIObserverParams(vad_user_speaking_enabled=True),
        )

        @transport.event_handler("on_client_disconnected")
        async def gone(_transport, _client) -> None:
            await worker.cancel()

        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        await runner.run()

    uvicorn.run(app, host="127.0.0.1", port=given.port, log_level="warning")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--beam", type=int, default=0, help="0: pipecat's own, 5")
    parser.add_argument("--first-token-ms", type=float, default=0.0)
    given = parser.parse_args()
    if "OMP_NUM_THREADS" not in os.environ:
        parser.error("set OMP_NUM_THREADS: pipecat has no setting for the recogniser's threads")
    serve(given)


if __name__ == "__main__":
    main()
