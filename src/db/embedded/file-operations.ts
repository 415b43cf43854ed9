type Attributes = { readonly mode?: number };
type SetAttributes = (target: unknown, attributes: Attributes) => void;
export type Write = (stream: OpenFile, buffer: Uint8Array, offset: number, length: number, position?: number) => number;

/** A file that Emscripten has open. `nfd` is Node's descriptor of it. */
export type OpenFile = { readonly path?: string; readonly nfd: number };

/** The parts of Emscripten's file system on Node through which files are made and written. */
export type FileOperations = {
  readonly node_ops: { mknod: (parent: unknown, name: string, mode: number, device: number) => unknown; setattr: SetAttributes };
  readonly stream_ops: { setattr: SetAttributes; write: Write };
};

/** A WebAssembly module before it runs. */
export type WasmModule = { readonly NODEFS: FileOperations; readonly FS: { readonly ErrnoError: new (code: number) => Error } };

/** Tells whether a module has what is changed here: it belongs to PGlite, and may look otherwise in its next version. */
export function isWasmModule(value: unknown): value is WasmModule {
  const operations = get(value, "NODEFS");
  return (
    isFunction(get(get(operations, "node_ops"), "mknod")) &&
    isFunction(get(get(operations, "node_ops"), "setattr")) &&
    isFunction(get(get(operations, "stream_ops"), "setattr")) &&
    isFunction(get(get(operations, "stream_ops"), "write")) &&
    isFunction(get(get(value, "FS"), "ErrnoError"))
  );
}

function get(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

const isFunction = (value: unknown): boolean => typeof value === "function";
