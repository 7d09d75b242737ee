# Offhook. `make demo` and `make test` set up all that they need on a fresh Debian 12 machine.
.DELETE_ON_ERROR:
SHELL := /bin/bash

PYTHON ?= /usr/bin/python3
VENV := .venv
BIN := $(VENV)/bin
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# Build and run: the Python headers and gcc (PyAudio, virtual sound card), PortAudio, libopus, a broker.
# Tests besides: a browser, stock tools that check our files (opusinfo, ffmpeg, mosquitto_sub), a Chinese font.
APT_RUN := python3 python3-venv python3-dev gcc portaudio19-dev libasound2-dev libopus0 mosquitto git
APT_TEST := mosquitto-clients chromium opus-tools ffmpeg age alsa-utils openssl fonts-wqy-microhei

.PHONY: help
help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

define apt_install
	@missing=""; for p in $(1); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'install ok' || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing:$$missing"; $(SUDO) apt-get update -qq && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi
endef

.PHONY: packages test-packages
packages:
	$(call apt_install,$(APT_RUN))
test-packages: packages
	$(call apt_install,$(APT_TEST))

$(VENV)/.stamp: images/locks/dev.txt pyproject.toml | packages
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --require-hashes -r images/locks/dev.txt
	$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	touch $@

.PHONY: setup
setup: packages $(VENV)/.stamp ## Install Debian packages and the locked Python environment (.venv)

# Real speech from Debian packages (CC-BY-SA and public domain), unpacked beside the caches, never installed or committed.
SPEECH := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/offhook/speech
SPEECH_DEBS := asterisk-core-sounds-en-wav pocketsphinx-testdata
$(SPEECH)/.stamp:
	mkdir -p $(SPEECH)
	cd $(SPEECH) && { apt-get download -qq $(SPEECH_DEBS) || { $(SUDO) apt-get update -qq && apt-get download -qq $(SPEECH_DEBS); }; } 2>/dev/null
	cd $(SPEECH) && for d in *.deb; do dpkg-deb -x "$$d" "$${d%%_*}" && rm "$$d"; done
	touch $@

.PHONY: demo
demo: setup $(SPEECH)/.stamp ## A virtual desk, two vaults, calls with real speech (ONCE=1: three calls and a verdict; KEEP=dir)
	$(BIN)/offhook demo --speech $(SPEECH) $(if $(ONCE),--once) $(if $(KEEP),--keep "$(KEEP)") $(ARGS)

.PHONY: lock
lock: ## Resolve the dependencies again and write the hash-locked files (needs uv)
	for e in desk vault; do uv pip compile -q --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" --extra $$e pyproject.toml -o images/locks/$$e.txt; done
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" --all-extras --group dev pyproject.toml -o images/locks/dev.txt

.PHONY: lint
lint: setup ## ruff, mypy strict, import directions, dead code
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture

# Many tests wait for real time to pass (calls, back-offs), so two of them share the time well.
WORKERS ?= 2
PURE := firmware/evidence/*,firmware/call/*,firmware/line/*,sync/wire/*,config/*,drivers/*/__init__.py

.PHONY: test
test: test-packages setup $(SPEECH)/.stamp lint ## Everything that CI runs
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q -n $(WORKERS) --dist loadfile
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --skip-covered --fail-under=90
	$(BIN)/coverage report --skip-covered --fail-under=95 --include="$(PURE)"

.PHONY: bench
bench: test-packages setup $(SPEECH)/.stamp ## Measure everything again, on a quiet machine (ONLY="desk calls"); figures go into README
	$(BIN)/python -P tests/bench/run.py $(ONLY)

.PHONY: soak
soak: test-packages setup $(SPEECH)/.stamp ## Hundreds of random calls: nothing lost, memory and descriptors flat (CALLS=200)
	OFFHOOK_SOAK_CALLS=$(or $(CALLS),200) $(BIN)/pytest -q -m soak hil_tests
