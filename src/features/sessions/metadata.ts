/** A field of the metadata: what it holds, and how the schema describes it where it is read and where it is given. */
export type MetadataField = {
  readonly kind: "text" | "list";
  readonly description: string;
  readonly inputDescription: string;
  /** The most characters of a text; the least is one, unless it may be empty. */
  readonly atMost: number;
  readonly mayBeEmpty?: true;
};

/**
 * What the client tells about a conversation. This table alone says which fields there are: the GraphQL types, the inputs
 * of both surfaces, the REST shape and the columns that SQL reads and writes are made from it. A new field also needs a migration.
 */
const FIELDS = {
  clientName: {
    kind: "text",
    description: "The program that stored the session.",
    inputDescription: "The program that stores the session.",
    atMost: 255,
  },
  clientVersion: {
    kind: "text",
    description: "The version of that program.",
    inputDescription: "The version of that program.",
    atMost: 255,
  },
  agentName: {
    kind: "text",
    description: "The coding agent that was talked to.",
    inputDescription: "The coding agent that was talked to.",
    atMost: 255,
  },
  deviceId: { kind: "text", description: "The device it ran on.", inputDescription: "The device it ran on.", atMost: 255 },
  machineName: {
    kind: "text",
    description: "The name of that device.",
    inputDescription: "The name of that device.",
    atMost: 255,
  },
  title: {
    kind: "text",
    description: "A title, if the agent gave one.",
    inputDescription: "A title, at most 1000 characters.",
    atMost: 1_000,
    mayBeEmpty: true,
  },
  gitBranches: {
    kind: "list",
    description: "The git branches that were worked on.",
    inputDescription: "The git branches that were worked on, at most 100.",
    atMost: 255,
  },
  llmModels: {
    kind: "list",
    description: "The models that answered.",
    inputDescription: "The models that answered, at most 100.",
    atMost: 255,
  },
  tags: { kind: "list", description: "Tags, as the client gave them.", inputDescription: "Tags, at most 100.", atMost: 255 },
} as const satisfies Readonly<Record<string, MetadataField>>;

type Fields = typeof FIELDS;
export type MetadataName = keyof Fields;
type NamesOf<Kind extends MetadataField["kind"]> = {
  [Name in MetadataName]: Fields[Name]["kind"] extends Kind ? Name : never;
}[MetadataName];

/** Something for each field: `Text` for each text, `List` for each list. */
export type PerField<Text, List> = Readonly<Record<NamesOf<"text">, Text> & Record<NamesOf<"list">, List>>;

export type SessionMetadata = PerField<string | null, string[]>;

/** Where a list of columns or values has them all, they stand in this order. */
export const metadataNames = Object.keys(FIELDS) as readonly MetadataName[]; // the keys of a constant

/** Makes something of each field of the metadata. */
export function mapMetadata<Text, List>(
  text: (field: MetadataField, name: NamesOf<"text">) => Text,
  list: (field: MetadataField, name: NamesOf<"list">) => List,
): PerField<Text, List> {
  const entries = metadataNames.map((name) => {
    const field: MetadataField = FIELDS[name];
    return [name, field.kind === "text" ? text(field, name as NamesOf<"text">) : list(field, name as NamesOf<"list">)]; // as its kind says
  });
  return Object.fromEntries(entries) as PerField<Text, List>; // Object.fromEntries loses the keys
}

/** A filter by a field of the metadata: that a text is the one given, or one of those given, or that a list has one of those given. */
export type MetadataFilter = { readonly field: MetadataName; readonly match: "is" | "isAnyOf" | "hasAnyOf"; readonly description: string };

/** The filters that lists of sessions have for the metadata, by their names in the inputs. */
const FILTERS = {
  clientName: { field: "clientName", match: "is", description: "Stored by this program." },
  clientNames: { field: "clientName", match: "isAnyOf", description: "Stored by one of these programs." },
  agentName: { field: "agentName", match: "is", description: "With this coding agent." },
  agentNames: { field: "agentName", match: "isAnyOf", description: "With one of these coding agents." },
  deviceId: { field: "deviceId", match: "is", description: "From this device." },
  deviceIds: { field: "deviceId", match: "isAnyOf", description: "From one of these devices." },
  gitBranches: { field: "gitBranches", match: "hasAnyOf", description: "On one of these git branches." },
  llmModels: { field: "llmModels", match: "hasAnyOf", description: "Answered by one of these models." },
  tags: { field: "tags", match: "hasAnyOf", description: "With one of these tags." },
} as const satisfies Readonly<Record<string, MetadataFilter>>;

type Filters = typeof FILTERS;
export type FilterName = keyof Filters;

export const filterNames = Object.keys(FILTERS) as readonly FilterName[]; // the keys of a constant
export const filterOf = (name: FilterName): MetadataFilter => FILTERS[name];

type PerFilter<Value, Values> = { readonly [Name in FilterName]: Filters[Name]["match"] extends "is" ? Value : Values };

/** Makes something of each filter: of those that take one value, and of those that take several. */
export function mapFilters<Value, Values>(
  one: (filter: MetadataFilter) => Value,
  several: (filter: MetadataFilter) => Values,
): PerFilter<Value, Values> {
  const entries = filterNames.map((name) => {
    const filter = filterOf(name);
    return [name, filter.match === "is" ? one(filter) : several(filter)];
  });
  return Object.fromEntries(entries) as PerFilter<Value, Values>; // Object.fromEntries loses the keys
}

/** The metadata of a row, which has more columns. */
export function pickMetadata(row: SessionMetadata): SessionMetadata {
  return mapMetadata<string | null, string[]>(
    (_field, name) => row[name],
    (_field, name) => row[name],
  );
}
