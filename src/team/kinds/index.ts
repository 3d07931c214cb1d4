import type { Act, Bodies } from '../bodies.ts'
import type { Law } from '../case.ts'
import type { Kind } from '../policy.ts'
import { claims } from './claims.ts'
import { invites } from './invites.ts'
import { keys } from './keys.ts'
import { labels } from './labels.ts'
import { members } from './members.ts'
import { names } from './names.ts'
import { nodes } from './nodes.ts'
import { roles } from './roles.ts'
import { swarmKeys } from './swarm-keys.ts'

const laws: { readonly [K in Kind]: Law<Bodies[K]> } = {
  ...members,
  ...roles,
  ...labels,
  ...names,
  ...invites,
  ...keys,
  ...nodes,
  ...swarmKeys,
  ...claims,
}

/** The law of a kind. It takes the payloads of that kind alone, as they come with it in an act. */
export function lawOf(kind: Kind): Law<Act['body']> {
  // The table gives each kind its own; an act never holds the payload of another kind.
  return laws[kind] as unknown as Law<Act['body']>
}
