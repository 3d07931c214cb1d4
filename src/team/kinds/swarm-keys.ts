import { refuse, type Refusal } from '../../base/index.ts'
import type { Bodies } from '../bodies.ts'
import { duplicate, type Case, type Law } from '../case.ts'
import { isSame } from '../command.ts'
import { bytes, fingerprint, id } from '../fields.ts'
import type { SwarmKeyEntry, TeamState } from '../state.ts'
import { epochOf, isForMembersAlone } from './keys.ts'

/** The keys of the swarm that the team governs, each sealed under an epoch. */
export const swarmKeys: { readonly [K in 'RotateSwarmKey' | 'RetireSwarmKey']: Law<Bodies[K]> } = {
  RotateSwarmKey: {
    form: { fingerprint, epoch: id, sealed: bytes },
    own: checkRotated,
    apply: (state, body) => ({ ...state, swarmKeys: [...state.swarmKeys, { ...body, retired: false }] }),
  },
  RetireSwarmKey: {
    form: { fingerprint },
    own: ({ state }, body) => {
      const found = entryOf(state, body.fingerprint)
      if (found?.retired !== false) return refuse('ERR_TEAM_UNKNOWN_KEY', { what: 'no such swarm key is in use' })
      return found === state.swarmKeys.at(-1) ? refuse('ERR_TEAM_LAST_KEY', { what: 'the swarm' }) : undefined
    },
    apply: (state, body) => ({
      ...state,
      swarmKeys: state.swarmKeys.map((entry) =>
        isSame(entry.fingerprint, body.fingerprint) ? { ...entry, retired: true } : entry,
      ),
    }),
  },
}

function entryOf(state: TeamState, wanted: Uint8Array): SwarmKeyEntry | undefined {
  return state.swarmKeys.find((entry) => isSame(entry.fingerprint, wanted))
}

/** In replay too: a key that somebody outside can read never becomes the swarm's. */
function checkRotated({ state }: Case, body: Bodies['RotateSwarmKey']): Refusal | undefined {
  const epoch = epochOf(state, body.epoch)
  if (epoch === undefined) return refuse('ERR_TEAM_BAD_RECIPIENTS', { what: 'no such epoch' })
  if (!isForMembersAlone(state, epoch)) return refuse('ERR_TEAM_BAD_RECIPIENTS', { what: 'not all are members' })
  return entryOf(state, body.fingerprint) === undefined ? undefined : duplicate('the swarm has had this key')
}
