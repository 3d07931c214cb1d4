import { fail } from '../../base/index.ts'
import { equalBytes, idText, toHex } from '../../codec/index.ts'
import type { Keys } from '../../keys/index.ts'
import { Audit, type AuditResult, type CommandStore, type Replica } from '../../team/index.ts'

/** Work between two pauses, in which the node does everything else that it has to do. */
const workMs = 10
/** Wait for a command that is in the graph and not on the disk yet. */
const unsettledMs = 50
const unsettledTries = 40

/**
 * Reads all commands of a team from the disk again, verifies and evaluates them as if they had just come, and compares
 * with the state that runs; what comes meanwhile is audited too. ERR_TEAM_AUDIT where something differs.
 */
export async function auditTeam(parts: {
  readonly keys: Keys
  readonly team: Uint8Array
  readonly store: CommandStore
  readonly replica: () => Replica
}): Promise<AuditResult> {
  const { keys, team, store, replica } = parts
  const audit = new Audit(keys, team)
  let pausedAt = performance.now()
  let done = 0
  for (; done < replica().graph.size; done++) {
    const id = replica().graph.node(done).command.id
    const bytes = await readSettled(store, id)
    if (bytes === undefined) throw fault(id, 'it is not on the disk')
    const found = audit.take(id, bytes)
    if (found !== undefined) throw fault(id, found.code)
    if (performance.now() - pausedAt < workMs) continue
    await new Promise((resolve) => setImmediate(resolve))
    pausedAt = performance.now()
  }
  const result = audit.result()
  const running = replica().stateHash()
  for (const hash of [result.stateHash, result.referenceHash])
    if (hash !== null && !equalBytes(hash, running))
      throw fail('ERR_TEAM_AUDIT', {
        what: `the running state has the hash ${toHex(running)}, the stored commands give ${toHex(hash)}`,
      })
  return result
}

async function readSettled(store: CommandStore, id: Uint8Array): Promise<Uint8Array | undefined> {
  for (let tries = 0; tries < unsettledTries; tries++) {
    const bytes = await store.read(id)
    if (bytes !== undefined) return bytes
    await new Promise((resolve) => setTimeout(resolve, unsettledMs))
  }
  return undefined
}

function fault(id: Uint8Array, why: string): Error {
  return fail('ERR_TEAM_AUDIT', { what: `${idText('cmd', id)}: ${why}` })
}
