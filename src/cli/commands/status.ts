import type { Input, Leaf } from '../grammar.ts'
import { fields, text, type Outcome } from '../outcome.ts'
import { count, duration } from '../phrases.ts'
import type { Session } from '../session.ts'

export const statusLeaves: readonly Leaf[] = [
  {
    verb: '',
    arguments: '[node]',
    summary: 'One screen about the node.',
    options: [
      { flags: '-q, --quiet', summary: 'only the exit status: 0 when the node answers, also when it refuses this key' },
    ],
    example: 'ax status',
    exits: { 6: 'it does not answer' },
    run: showStatus,
  },
]

async function showStatus(session: Session, input: Input): Promise<Outcome> {
  if (input.flag('quiet')) return answers(session, input.optional('node'))
  const status = await session.call('status.get', {}, input.optional('node'))
  return {
    result: status,
    view: fields({
      Node: status.name,
      PeerId: status.peer,
      Version: status.version,
      Up: duration(status.uptimeMs),
      'Data directory': status.dataDirectory,
      'Swarm key': status.swarmKey.published
        ? `${status.swarmKey.fingerprint} (published!)`
        : status.swarmKey.fingerprint,
      Swarm: status.swarmAddresses.join('\n'),
      Admin: status.adminAddresses.join('\n'),
      'HTTP API': status.apiAddresses.length === 0 ? 'closed' : status.apiAddresses.join('\n'),
      Authentication: status.requireAuthentication ? 'required' : 'not required',
      Permissioned: status.permissioned ? 'on' : 'off',
      Peers: `${String(status.peers.welcomed)} welcomed${status.peers.other === 0 ? '' : `, ${String(status.peers.other)} other`}`,
      Teams: count(status.teams, 'team'),
    }),
    names: [status.peer],
    notices: status.warnings.map((warning) => `Warning: ${warning}`),
  }
}

/** For health checks: a node that says "not you" is alive. Makes no key pair and records nothing. */
async function answers(session: Session, node: string | undefined): Promise<Outcome> {
  const { greetNode } = await import('../greeting.ts')
  await greetNode(session, node)
  return { result: { answers: true }, view: text('') }
}
