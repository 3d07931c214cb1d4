import { HyraxError } from '../base/index.ts'
import type { NodeAddress } from '../codec/index.ts'
import { dialAdmin, loadTransport, openHttp, type AdminConnection, type Signer } from '../client/index.ts'
import type { ConfigPaths } from './config-paths.ts'
import { withHint } from './failure.ts'
import type { Settled } from './global-options.ts'
import { createNodeJudge, Undecided } from './identity-question.ts'
import { chooseNode } from './node-choice.ts'
import type { Terminal } from './terminal.ts'

export interface ConnectionParts {
  readonly paths: ConfigPaths
  readonly terminal: Terminal
  /** The key pair that the command speaks with. */
  readonly identity: () => Promise<Signer>
}

/** Dials the node that was named or chosen, and goes on only with an identity that is known or was accepted. */
export async function connectNode(
  node: string | undefined,
  settled: Settled,
  parts: ConnectionParts,
): Promise<AdminConnection> {
  const choice = chooseNode(node, settled, parts.terminal.environment)
  if (choice.kind === 'http') return hinted(openHttp(choice.host, { timeoutMs: settled.timeoutMs }), choice.host)
  void loadTransport()
  const identity = await parts.identity()
  if (settled.verbose) parts.terminal.writeError(`Dialling ${choice.address.typed} as ${identity.axKey}\n`)
  return dialKnown(choice.address, identity, settled, parts)
}

/**
 * A question to a person takes longer than a node lets a silent connection stand: the first connection only learns who
 * answers, and after a yes a second one must show the same identity.
 */
async function dialKnown(
  address: NodeAddress,
  identity: Signer,
  settled: Settled,
  parts: ConnectionParts,
): Promise<AdminConnection> {
  const judge = createNodeJudge(address, settled, parts)
  const options = {
    timeoutMs: settled.timeoutMs,
    ...(settled.expect === undefined ? {} : { expectPeer: settled.expect }),
  }
  try {
    return await dialAdmin(address, { identity }, { ...options, onIdentity: (peer, pk) => judge.check(peer, pk) })
  } catch (error) {
    if (!(error instanceof Undecided)) throw error
    await judge.ask(error.peer)
    return dialAdmin(address, { identity }, { ...options, expectPeer: error.peer })
  }
}

/** The HTTP door closes while the node requires authentication; the way that stays open is named (`CLI.md` 7). */
function hinted(connection: AdminConnection, host: string): AdminConnection {
  const hint = `ax … --local /${host === 'localhost' || /[a-z]/i.test(host) ? 'dns4' : 'ip4'}/${host}/tcp/4458`
  const explain = (error: unknown) => {
    const code = error instanceof HyraxError ? error.code : undefined
    const known = code === 'ERR_NODE_MISCONFIGURED' || code === 'ERR_NODE_UNREACHABLE'
    return known && error instanceof HyraxError ? withHint(error, hint) : error
  }
  return {
    ...connection,
    call: async (name, input) => {
      try {
        return await connection.call(name, input)
      } catch (error) {
        throw explain(error)
      }
    },
  }
}
