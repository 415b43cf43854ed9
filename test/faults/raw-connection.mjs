import { connect } from "node:net";

/** A request as it goes over the line. @typedef {{ bytes: Uint8Array, isHead: boolean }} RawRequest */
/** What of an answer matters under load; status 0 where none came. @typedef {{ status: number, hasErrors: boolean, hasRetryAfter: boolean, isUnavailable: boolean }} RawAnswer */

const HEAD_END = "\r\n\r\n";
const LAST_CHUNK = "0\r\n\r\n";
const ERRORS = '"errors":[{';

/**
 * A connection that is kept, for one request after the other. It reads of an answer no more than it must: a generator
 * that shares the machine with the server has to be much cheaper than the server.
 */
export function openConnection(/** @type {number} */ port) {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  /** @type {{ isHead: boolean, onAnswer: (answer: RawAnswer) => void } | null} */
  let asked = null;
  let head = "";
  let reading = createReading();
  let isOpen = true;

  function finish(/** @type {RawAnswer} */ answer) {
    const { onAnswer } = asked ?? { onAnswer: () => undefined };
    asked = null;
    head = "";
    reading = createReading();
    onAnswer(answer);
  }

  socket.on("data", (chunk) => {
    if (asked === null) return;
    let body = chunk;
    if (!reading.isBegun) {
      const text = chunk.toString("latin1");
      const end = (head + text).indexOf(HEAD_END);
      if (end === -1) return void (head += text);
      body = chunk.subarray(end + HEAD_END.length - head.length);
      reading.begin((head + text).slice(0, end), asked.isHead);
    }
    reading.add(body);
    if (reading.isEnded()) finish(reading.answer);
  });
  socket.on("error", () => undefined); // it is closed, which is heard below
  socket.on("close", () => {
    isOpen = false;
    if (asked !== null) finish({ status: 0, hasErrors: false, hasRetryAfter: false, isUnavailable: false });
  });

  return {
    isOpen: () => isOpen,
    /** Only once the request before is answered. */
    send(/** @type {RawRequest} */ { bytes, isHead }, /** @type {(answer: RawAnswer) => void} */ onAnswer) {
      asked = { isHead, onAnswer };
      socket.write(bytes);
    },
    close: () => socket.destroy(),
  };
}

/** Reads one answer. */
function createReading() {
  const answer = { status: 0, hasErrors: false, hasRetryAfter: false, isUnavailable: false };
  let left = 0;
  let isChunked = false;
  let tail = "";
  return {
    answer,
    isBegun: false,
    begin(/** @type {string} */ head, /** @type {boolean} */ isHead) {
      this.isBegun = true;
      answer.status = Number(head.slice(9, 12));
      answer.isUnavailable = answer.status === 503 && isHead; // without a body the status is all there is
      answer.hasRetryAfter = /\r\nretry-after:/i.test(head);
      const hasBody = !isHead && answer.status !== 204 && answer.status !== 304;
      isChunked = hasBody && /\r\ntransfer-encoding: *chunked/i.test(head);
      left = hasBody && !isChunked ? Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0) : 0;
    },
    add(/** @type {Buffer} */ body) {
      left -= body.length;
      if (body.includes(ERRORS)) answer.hasErrors = true;
      if (answer.status === 503 && body.includes("UNAVAILABLE")) answer.isUnavailable = true;
      if (isChunked) tail = (tail + body.toString("latin1", Math.max(0, body.length - 7))).slice(-7);
    },
    // All bodies here are JSON, in which no line break stands as such: what looks like the last chunk is it.
    isEnded: () => (isChunked ? tail === `\r\n${LAST_CHUNK}` || tail === LAST_CHUNK : left <= 0),
  };
}
