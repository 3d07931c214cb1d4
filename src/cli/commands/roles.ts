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
    verb: 'create',
    arguments: '<role> [permission...]',
    summary: 'Defines a role with a rank from 101 to 999999 and a set of permissions.',
    options: [{ flags: '--rank <number>', summary: 'its rank, below your own' }],
    example: 'ax roles create clerk label.assign name.assign --rank 650',
    exits: lawExit,
    run: createRole,
  },
  {
    verb: 'delete',
    arguments: '<role>',
    summary: 'Deletes a role that no device holds.',
    example: 'ax roles delete clerk',
    exits: lawExit,
    run: deleteRole,
  },
  {
    verb: 'add-permission',
    aliases: ['addPermission'],
    arguments: '<role> <permission>',
    summary: 'Adds a permission to a custom role.',
    example: 'ax roles add-permission clerk key.rotate',
    exits: lawExit,
    run: (session, input) => permit(session, input, 'roles.add-permission'),
  },
  {
    verb: 'remove-permission',
    aliases: ['removePermission'],
    arguments: '<role> <permission>',
    summary: 'Takes a permission from a custom role.',
    example: 'ax roles remove-permission clerk key.rotate',
    exits: lawExit,
    run: (session, input) => permit(session, input, 'roles.remove-permission'),
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

async function createRole(session: Session, input: Input): Promise<Outcome> {
  const rank = Number(input.text('rank'))
  if (!Number.isSafeInteger(rank))
    throw fail('ERR_CLI_USAGE', { what: 'The rank is a whole number.', hint: 'Add --help.' })
  const result = await session.call('roles.create', {
    ...ofTeam(session),
    role: input.text('role'),
    rank,
    permissions: [...input.list('permission')],
    force: session.settled.force,
  })
  return { result, view: text(`Created the role ${result.role}.`), names: [result.command] }
}

async function deleteRole(session: Session, input: Input): Promise<Outcome> {
  const { force } = session.settled
  const result = await session.call('roles.delete', { ...ofTeam(session), role: input.text('role'), force })
  return { result, view: text(`Deleted the role ${result.role}.`), names: [result.command] }
}

async function permit(
  session: Session,
  input: Input,
  operation: 'roles.add-permission' | 'roles.remove-permission',
): Promise<Outcome> {
  const result = await session.call(operation, {
    ...ofTeam(session),
    role: input.text('role'),
    permission: input.text('permission'),
    force: session.settled.force,
  })
  const may = operation === 'roles.add-permission' ? 'may now' : 'may no longer'
  return { result, view: text(`The role ${result.role} ${may} ${result.permission}.`), names: [result.command] }
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
