// Where the page's values come from. Bytes are not kept here: what is shown again is kept by `Bodies` as
// runs, and the browser's own cache holds the rest, since nothing under a version ever changes.
"use strict";
(function (global) {
  const Jingge = global.Jingge;
  const PATIENCE = 150; // times that something still being made is asked for again
  const PAUSE_MS = 2000;

  class Source {
    constructor(inlined) {
      this.inlined = inlined; // address -> gzipped bytes as base64, in a self-contained file
      this.reading = new Map();
      this.documents = new Map();
    }

    // Bytes of an address; two who ask at once read once.
    bytes(address) {
      if (!this.reading.has(address)) {
        const reading = this._read(address);
        const done = () => this.reading.delete(address);
        reading.then(done, done);
        this.reading.set(address, reading);
      }
      return this.reading.get(address);
    }

    // JSON of an address, kept.
    json(address) {
      if (!this.documents.has(address)) {
        const reading = this.bytes(address).then((bytes) => JSON.parse(new TextDecoder().decode(bytes)));
        reading.catch(() => this.documents.delete(address));
        this.documents.set(address, reading);
      }
      return this.documents.get(address);
    }

    forget(address) {
      this.documents.delete(address);
    }

    async _read(address) {
      const text = this.inlined && this.inlined[address];
      if (text !== undefined && text !== null) {
        const packed = new Blob([Jingge.bytesOfBase64(text)]).stream();
        const stream = packed.pipeThrough(new DecompressionStream("gzip"));
        return new Uint8Array(await new Response(stream).arrayBuffer());
      }
      if (this.inlined) throw new Error(`Expected ${address} in this file.`);
      for (let asked = 0; asked < PATIENCE; asked++) {
        const response = await fetch(address, { credentials: "same-origin" });
        if (response.status === 202) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        else if (response.ok) return new Uint8Array(await response.arrayBuffer());
        else throw new Error(`Expected 200 from ${address}, got ${response.status}.`);
      }
      throw new Error(`Expected ${address} to be made by now.`);
    }
  }

  // Bodies as runs, as many as fit into some bytes; the one not used longest goes first.
  class Bodies {
    constructor(source, level, room) {
      this.source = source;
      this.level = level; // a promise of the finest level
      this.room = room;
      this.size = 0;
      this.kept = new Map();
      this.reading = new Map();
    }

    has(address) {
      return this.kept.has(address);
    }

    async get(address) {
      const known = this.kept.get(address);
      if (known) {
        this.kept.delete(address);
        this.kept.set(address, known);
        return known;
      }
      if (!this.reading.has(address)) {
        const reading = this._read(address).finally(() => this.reading.delete(address));
        this.reading.set(address, reading);
      }
      return this.reading.get(address);
    }

    async _read(address) {
      const [body, level] = await Promise.all([this.source.bytes(address), this.level]);
      const runs = Jingge.Runs.ofBody(body, level);
      this.kept.set(address, runs);
      this.size += runs.size;
      for (const [oldest, old] of this.kept) {
        if (this.size <= this.room || oldest === address) break;
        this.kept.delete(oldest);
        this.size -= old.size;
      }
      return runs;
    }
  }

  Object.assign(Jingge, { Source, Bodies });
})(globalThis);
