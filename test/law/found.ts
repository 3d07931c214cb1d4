/** What one of the judges found of a set of commands. Ids are lower-case hex. */
export interface Found {
  readonly isOpen: boolean
  /** Equal where the states are equal, among findings of one judge. */
  readonly state: string
  readonly verdicts: ReadonlyMap<string, FoundVerdict>
  /** Devices that signed beside themselves. */
  readonly forked: readonly string[]
  readonly members: ReadonlyMap<string, FoundMember>
  /** Custom roles. */
  readonly roles: readonly string[]
  /** The command that created each label. */
  readonly labels: ReadonlyMap<string, string>
  /** Uses of the invites that are there. */
  readonly invites: ReadonlyMap<string, number>
  /** By PeerId. */
  readonly nodes: readonly string[]
  readonly barred: readonly string[]
  /** Devices each epoch is for. */
  readonly epochs: ReadonlyMap<string, readonly string[]>
  /** The epoch that seals, where one may. */
  readonly sealing?: string | undefined
}

export interface FoundVerdict {
  readonly verdict: string
  /** `ERR_TEAM_…`. */
  readonly code?: string | undefined
}

export interface FoundMember {
  readonly role: string
  readonly generation: number
  /** Active signing keys. */
  readonly signing: readonly string[]
  readonly encryption: readonly string[]
  /** What each label it holds allows. */
  readonly labels: ReadonlyMap<string, string>
  readonly networkName?: string | undefined
}

/** One of the implementations of the law that are compared. */
export interface Judge {
  readonly name: string
  readonly judge: (commands: readonly Uint8Array[]) => Promise<Found>
}
