import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Copy, DockerfileParser, From, type Instruction, type JSONInstruction } from "dockerfile-ast";
import { validate } from "dockerfile-utils";
import { parse } from "yaml";
import { settings } from "../../src/config.js";
import { startBackstory, type Backstory } from "../support/cli.js";
import { run } from "../support/process.js";

type Service = {
  readonly image: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly stop_grace_period?: string;
  readonly restart?: string;
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
};

const DOCKERFILE = readFileSync("Dockerfile", "utf8");
const COMPOSE = readFileSync("compose.yaml", "utf8");

const compose = parse(COMPOSE) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
};
const services = Object.entries(compose.services);
const instances = services.filter(([, { image }]) => image === "backstory");
const [[, instance] = ["", undefined]] = instances;
const caddyfile = compose.configs.caddyfile?.content ?? "";

const instructions = DockerfileParser.parse(DOCKERFILE).getInstructions();
/** The instructions of each stage, the last of which is the image. */
const stages = instructions.reduce<Instruction[][]>((all, instruction) => {
  if (instruction instanceof From) return [...all, [instruction]];
  return [...all.slice(0, -1), [...(all.at(-1) ?? []), instruction]];
}, []);
const image = stages.at(-1) ?? [];
const argumentsOf = (keyword: string) =>
  image.filter((instruction) => instruction.getKeyword() === keyword).map((instruction) => instruction.getArgumentsContent());

const known: Readonly<Record<string, { readonly fallback?: string }>> = settings;

/** What an instance is given for a setting, else its default. */
function valueOf(name: string): number {
  return Number(instance?.environment?.[name] ?? known[name]?.fallback);
}

const inMs = (seconds: string | undefined) => Number(/^(\d+)s$/.exec(seconds ?? "")?.[1]) * 1_000;

let server: Backstory;
beforeAll(async () => {
  server = await startBackstory();
});
afterAll(() => server.stop());

test("The Dockerfile has nothing that its linter finds wrong or out of use.", () => {
  expect(validate(DOCKERFILE)).toEqual([]);
});

test("Every file that the image copies is in the repository or built, and nothing else is sent to the build.", () => {
  const copies = instructions.filter((instruction) => instruction instanceof Copy);
  const sourcesOf = (copy: Copy) => copy.getArguments().slice(0, -1).map((argument) => argument.getValue()); // prettier-ignore
  const isBuilt = (copy: Copy) => copy.getFlags().some((flag) => flag.getName() === "from");
  const sent = copies.filter((copy) => !isBuilt(copy)).flatMap(sourcesOf);
  const allowed = readFileSync(".dockerignore", "utf8").split("\n").filter((line) => line.startsWith("!")).map((line) => line.slice(1)); // prettier-ignore

  expect(sent.filter((path) => !existsSync(path))).toEqual([]);
  expect(allowed.filter((path) => !sent.includes(path))).toEqual([]);
  expect(sent.filter((path) => !allowed.some((root) => path === root || path.startsWith(`${root}/`)))).toEqual([]);
  expect(copies.filter(isBuilt).flatMap(sourcesOf).sort()).toEqual(["/app/dist", "/app/node_modules"]);
});

test("The image runs as another user than root, and as the process that hears the signals.", () => {
  expect(argumentsOf("USER")).toEqual(["node"]);
  expect(argumentsOf("CMD")).toEqual(['["node", "dist/main.js"]']);
  expect(argumentsOf("ENTRYPOINT")).toEqual([]);
});

test("The image listens on the port that it names, and keeps its data in the volume that it names.", () => {
  const environment = Object.fromEntries(argumentsOf("ENV").flatMap((text) => (text ?? "").split(" ").map((pair) => pair.split("="))));
  expect(environment).toEqual({
    NODE_ENV: "production",
    HOST: "0.0.0.0",
    PORT: argumentsOf("EXPOSE")[0],
    DATA_DIR: argumentsOf("VOLUME")[0],
  });
});

test("The health check of the image succeeds where a server answers, and fails where none does.", async () => {
  const check = image.find((instruction) => instruction.getKeyword() === "HEALTHCHECK") as JSONInstruction;
  const [program = "", ...args] = JSON.parse(check.getArgumentsContent()?.replace(/^.*?CMD /s, "") ?? "") as string[];

  expect(program).toBe("node");
  expect((await run(process.execPath, args, { PORT: new URL(server.url).port })).code).toBe(0);
  expect((await run(process.execPath, args, { PORT: "1" })).code).toBe(1);
});

test("Base images are pinned to a version, with Node.js the same in all stages.", () => {
  const bases = instructions.filter((instruction) => instruction instanceof From).map((from) => from.getImage());
  expect(new Set(bases).size).toBe(1);
  for (const name of [...bases, ...services.map(([, service]) => service.image)])
    if (name !== "backstory") expect(name).toMatch(/^[a-z]+:\d+(\.\d+)?(-[a-z-]+)?$/);
});

test("Two identical instances are what the proxy balances between, as far as they are ready.", () => {
  expect(instances).toHaveLength(2);
  expect(instances[0]?.[1]).toEqual(instances[1]?.[1]);
  expect(caddyfile).toContain(`reverse_proxy ${instances.map(([name]) => `${name}:4000`).join(" ")} {`);
  expect(caddyfile).toContain("health_uri /readyz?exclude=redis");
});

test("An instance can write nothing but /tmp and has no rights to lose.", () => {
  expect(instance).toMatchObject({ read_only: true, tmpfs: "/tmp", cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
});

test("Every variable of an instance is a setting, or OpenTelemetry's.", () => {
  const names = Object.keys(instance?.environment ?? {}).filter((name) => !name.startsWith("OTEL_"));
  expect(names.filter((name) => !(name in known))).toEqual([]);
});

test("The proxy learns that an instance drains before the instance rejects requests, and nothing is killed before it has drained.", () => {
  const interval = inMs(/health_interval (\w+)/.exec(caddyfile)?.[1]);
  expect(valueOf("DRAIN_DELAY_MS")).toBeGreaterThanOrEqual(2 * interval);
  expect(inMs(instance?.stop_grace_period)).toBeGreaterThan(valueOf("DRAIN_DELAY_MS") + valueOf("DRAIN_TIMEOUT_MS"));
});

test("Only the proxy has published ports and reaches no database, and it keeps the metrics inside.", () => {
  expect(services.filter(([, { ports }]) => ports !== undefined).map(([name]) => name)).toEqual(["proxy"]);
  expect(compose.services.proxy?.networks).toEqual(["front"]);
  expect(services.filter(([, { networks }]) => networks.includes("back")).map(([name]) => name)).not.toContain("proxy");
  expect(compose.networks.back).toEqual({ internal: true });
  expect(caddyfile).toContain("respond /metrics* 404");
});

test("Every secret comes from the environment, which must have it.", () => {
  const secret = /PASSWORD|KEY|SECRET|TOKEN/;
  const references = [...COMPOSE.matchAll(/\$\{(\w+)(\W*)/g)].map(([, name = "", operator]) => ({ name, operator }));
  const secrets = references.filter(({ name }) => secret.test(name));
  const given = services.flatMap(([, { environment }]) => Object.entries(environment ?? {})).filter(([name]) => secret.test(name));

  expect(new Set(secrets.map(({ name }) => name))).toEqual(new Set(["POSTGRES_PASSWORD", "BOOTSTRAP_API_KEY"]));
  expect(secrets.filter(({ operator }) => operator !== ":?")).toEqual([]);
  expect(given.filter(([, value]) => !/^\$\{\w+:\?[^}]+\}$/.test(String(value)))).toEqual([]);
});

test("Everything starts again by itself, and after what it needs is healthy.", () => {
  expect(services.filter(([, { restart }]) => restart !== "unless-stopped")).toEqual([]);
  const needs = services.flatMap(([, service]) => Object.entries(service.depends_on ?? {}));
  for (const [name, { condition }] of needs) {
    expect(condition).toBe("service_healthy");
    // The image of the instances brings its own.
    if (compose.services[name]?.image !== "backstory") expect(compose.services[name]?.healthcheck).toBeDefined();
  }
  expect(Object.keys(compose.services.proxy?.depends_on ?? {})).toEqual(instances.map(([name]) => name));
});
