import { HyraxError } from '../base/index.ts'
import { dialAdmin, openHttp, type Signer } from '../client/index.ts'
import { generateIdentity, systemRandom } from '../keys/index.ts'
import { isCode } from './failure.ts'
import { createNodeJudge } from './identity-question.ts'
import { chooseNode } from './node-choice.ts'
import type { Session } from './session.ts'

/**
 * Waits for the node's first word, whatever it is. The identity is that of every other command where there is one,
 * else one for this call alone; a node that is not known yet passes, one that changed does not.
 */
export async function greetNode(session: Session, node: string | undefined): Promise<void> {
  const { settled, terminal } = session
  const choice = chooseNode(node, settled, terminal.environment)
  if (choice.kind === 'http') return greetHttp(choice.host, settled.timeoutMs)
  const judge = createNodeJudge(choice.address, { ...settled, acceptNew: false }, session, { records: false })
  const connection = await dialAdmin(
    choice.address,
    { identity: await quietIdentity(session) },
    {
      timeoutMs: settled.timeoutMs,
      ...(settled.expect === undefined ? {} : { expectPeer: settled.expect }),
      onIdentity: (peer, publicKey) => judge.check(peer, publicKey),
    },
  )
  try {
    await connection.greet()
  } catch (error) {
    if (!isRefusal(error)) throw error
  } finally {
    await connection.close()
  }
}

async function greetHttp(host: string, timeoutMs: number): Promise<void> {
  try {
    await openHttp(host, { timeoutMs }).greet()
  } catch (error) {
    if (!isRefusal(error) && (error as HyraxError).code !== 'ERR_NODE_MISCONFIGURED') throw error
  }
}

async function quietIdentity(session: Session): Promise<Signer> {
  const { settled, keystore } = session
  if (settled.identity === undefined && (await keystore.list()).length === 0) return generateIdentity(systemRandom)
  try {
    return await session.identity()
  } catch (error) {
    // A health check has nobody who could type a passphrase, and any key will do for it.
    if (isCode(error, 'ERR_KEYS_LOCKED')) return generateIdentity(systemRandom)
    throw error
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof HyraxError && (error.code === 'ERR_UNAUTHORIZED' || error.code === 'ERR_USER_UNAUTHENTICATED')
}
