# A stand-in for the image ollama/ollama, which cannot be pulled here: the tests' own server of its protocol, planned replies.
ARG APP
FROM ${APP}
USER root
COPY tests /opt/stand-in/tests
COPY ollama.sh /usr/local/bin/ollama
RUN chmod 0755 /usr/local/bin/ollama
WORKDIR /opt/stand-in
ENV PYTHONPATH=/opt/stand-in:/opt/pilot
CMD ["python3", "-m", "tests.ollama_server", "--host", "0.0.0.0", "--port", "11434", "--model", "llama3.2:1b"]
