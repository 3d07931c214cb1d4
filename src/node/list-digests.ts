import { listDigest, permittedPeers, type Gate } from '../access/index.ts'
import type { ListDigests } from '../swarm/index.ts'

type ListName = keyof ListDigests

/** The digests of this node's lists, for hello, and whether another node's are the same. */
export interface ListDigestBook {
  /** Null where a list cannot be read. */
  readonly own: ListDigests | null
  /** Remembers what the lists come to now; called after every change. */
  note(): void
  /** The lists of a peer that are none that we have, or had with the same files. */
  differing(theirs: ListDigests): ListName[]
}

/**
 * A peer tells its digests once, at the beginning of a connection; the team's list goes on changing, here and there alike.
 * So what we had while our own files stood as they stand now counts as the same; a change of a file starts anew.
 */
export function createListDigests(gate: Gate): ListDigestBook {
  const known: Record<ListName, Set<string>> = { permissioned: new Set(), disallowed: new Set() }
  const files: Record<ListName, string | null> = { permissioned: '', disallowed: '' }
  const own = (): ListDigests | null => {
    const { allowed, disallowed } = gate.facts
    const permissioned = listDigest({ ...allowed, peers: permittedPeers(gate.facts) })
    const barred = listDigest(disallowed)
    return permissioned === null || barred === null ? null : { permissioned, disallowed: barred }
  }
  const note = (): void => {
    const { allowed, disallowed } = gate.facts
    const now = { permissioned: listDigest(allowed), disallowed: listDigest(disallowed) }
    const digests = own()
    for (const list of ['permissioned', 'disallowed'] as const) {
      if (now[list] !== files[list]) known[list].clear()
      files[list] = now[list]
      if (digests !== null) remember(known[list], digests[list])
    }
  }
  return {
    get own() {
      return own()
    },
    note,
    differing(theirs) {
      note()
      return (['permissioned', 'disallowed'] as const).filter((list) => !known[list].has(theirs[list]))
    },
  }
}

const rememberedMax = 64

function remember(known: Set<string>, digest: string): void {
  known.delete(digest)
  known.add(digest)
  const [oldest] = known
  if (known.size > rememberedMax && oldest !== undefined) known.delete(oldest)
}
