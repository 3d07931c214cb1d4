import { fail } from '../../base/index.ts'
import type { Input, Leaf } from '../grammar.ts'
import { fields, table, text, type Outcome } from '../outcome.ts'
import type { Session } from '../session.ts'

const lawExit = { 10: "the team's law refuses" }

export const rolesLeaves: readonly Leaf[] = [
  {
    verb: 'assign',
    arguments: '<device> <role>',
    summary: 'Gives a device a role.',
    example: 'ax roles assign south operator',
    exits: lawExit,
    run: (session, input) => change(session, input, 'roles.assign'),
  },
  {
    verb: 'revoke',
    arguments: '<device> <role>',
    summary: 'Takes a role from a device; it falls to sync-role.',
    example: 'ax roles revoke south operator',
    exits: lawExit,
    run: (session, input) => change(session, input, 'roles.revoke'),
  },
  {
    verb: 'ls',
    summary: 'The roles of a team: rank, permissions, holders.',
    example: 'ax roles ls',
    run: listRoles,
  },
  {
    verb: 'show',
    arguments: '<role>',
    summary: 'One role.',
    example: 'ax roles show operator',
    exits: { 3: 'no such role' },
    run: showRole,
  },
]

async function change(session: Session, input: Input, operation: 'roles.assign' | 'roles.revoke'): Promise<Outcome> {
  const result = await session.call(operation, {
    ...ofTeam(session),
    device: input.text('device'),
    role: input.text('role'),
    force: session.settled.force,
  })
  const did = operation === 'roles.assign' ? 'now has the role' : 'no longer has the role'
  return { result, view: text(`${result.device} ${did} ${result.role}.`), names: [result.command] }
}

async function listRoles(session: Session): Promise<Outcome> {
  const answer = await session.call('roles.ls', ofTeam(session))
  const rows = answer.roles.map((role) => [
    role.role,
    role.rank,
    role.holders,
    role.permissions.join(' '),
    role.builtin,
  ])
  return {
    result: answer,
    view: table(['ROLE', 'RANK', 'HOLDERS', 'PERMISSIONS', 'BUILT IN'], rows, { wide: ['BUILT IN'] }),
    names: answer.roles.map(({ role }) => role),
  }
}

async function showRole(session: Session, input: Input): Promise<Outcome> {
  const wanted = input.text('role')
  const { roles } = await session.call('roles.ls', ofTeam(session))
  const found = roles.find(({ role }) => role === wanted)
  if (found === undefined) throw fail('ERR_NODE_NOT_FOUND', { what: 'role', name: wanted })
  const { role, rank, permissions, builtin, holders } = found
  return {
    result: found,
    view: fields({
      Role: role,
      Rank: rank,
      Holders: holders,
      'Built in': builtin,
      Permissions: permissions.join('\n'),
    }),
    names: [role],
  }
}

function ofTeam(session: Session): { team?: string } {
  return session.settled.team === undefined ? {} : { team: session.settled.team }
}
