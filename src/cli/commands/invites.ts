import type { OperationOutput } from '../../operations/index.ts'
import { fail } from '../../base/index.ts'
import { readDuration } from '../global-options.ts'
import type { Input, Leaf } from '../grammar.ts'
import { fields, parts, table, text, type Outcome } from '../outcome.ts'
import { shortTime } from '../phrases.ts'
import { qrView } from '../qr-view.ts'
import type { Session } from '../session.ts'
import { readArgument } from '../value.ts'
import { epochsGiven } from './epochs-given.ts'

type Invite = OperationOutput<'invites.ls'>['invites'][number]

const exampleInvite = 'inv_bexampleexampleexampleexampleexampleexampleexampleab'
const lawExit = { 10: "the team's law refuses" }

export const invitesLeaves: readonly Leaf[] = [
  {
    verb: 'create',
    summary: 'Makes an invite and prints its code, once: whoever holds the code can join.',
    options: [
      { flags: '--role <role>', summary: 'role of who joins by it (user)' },
      { flags: '--label <label>', summary: 'a label it brings with it', repeatable: true },
      { flags: '--expires <duration>', summary: 'how long it is good (24h)' },
      { flags: '--uses <number>', summary: 'how many devices may join by it (1)' },
      { flags: '--server <address>', summary: 'who admits: a multiaddress with /p2p/ (the node that is asked)' },
      { flags: '--with-key', summary: 'with the swarm key in it: then it is as secret as that' },
      {
        flags: '--epochs <which>',
        summary: 'earlier epochs for who joins by it: all that this node reads, or none (none)',
      },
      { flags: '--qr', summary: 'as a QR code, too' },
    ],
    example: 'ax invites create --role user --expires 24h',
    exits: lawExit,
    run: createInvite,
  },
  {
    verb: 'poll',
    arguments: '<invite>',
    summary: 'How an invite stands, and which devices joined by it.',
    example: `ax invites poll ${exampleInvite}`,
    exits: { 3: 'no such invite' },
    run: pollInvite,
  },
  {
    verb: 'revoke',
    arguments: '<invite>',
    summary: 'Revokes an invite; devices that joined by it stay.',
    example: `ax invites revoke ${exampleInvite}`,
    exits: lawExit,
    run: revokeInvite,
  },
  {
    verb: 'ls',
    summary: 'The invites of a team.',
    example: 'ax invites ls',
    run: listInvites,
  },
]

export const joinLeaves: readonly Leaf[] = [
  {
    verb: '',
    arguments: '[code]',
    summary: 'Joins a team by an invite code: asked for at the terminal, or read from @FILE or @-.',
    options: [{ flags: '--name <name>', summary: "name of this device in the team (the node's name)" }],
    example: 'ax join @code.txt',
    exits: { 3: 'no such open invite there', 10: 'the invite is used up or expired', 11: 'another swarm key' },
    run: join,
  },
]

async function createInvite(session: Session, input: Input): Promise<Outcome> {
  const [role, uses, server] = [input.optional('role'), input.optional('uses'), input.optional('server')]
  const [expires, epochs] = [input.optional('expires'), epochsGiven(input)]
  const { notices, ...invite } = await session.call('invites.create', {
    ...ofTeam(session),
    ...(role === undefined ? {} : { role }),
    ...(uses === undefined ? {} : { uses: Number(uses) }),
    ...(server === undefined ? {} : { server }),
    ...(epochs === undefined ? {} : { epochs }),
    ...(expires === undefined ? {} : { expiresSeconds: Math.ceil(readDuration('--expires', expires) / 1000) }),
    labels: [...input.list('label')],
    withKey: input.flag('withKey'),
    force: session.settled.force,
  })
  const about = fields({
    Invite: invite.invite,
    Role: invite.role,
    Uses: invite.uses,
    'Good until': shortTime(invite.expiresAt),
    Server: invite.server,
    Code: invite.code,
  })
  const view = input.flag('qr') ? parts(about, await qrView(invite.code)) : about
  return { result: { ...invite, notices }, view, names: [invite.code], notices }
}

async function pollInvite(session: Session, input: Input): Promise<Outcome> {
  const invite = await session.call('invites.poll', { ...ofTeam(session), invite: input.text('invite') })
  return {
    result: invite,
    view: fields({
      Invite: invite.invite,
      Status: invite.status,
      'Joined by it': invite.devices.join('\n'),
      Uses: `${String(invite.uses)} of ${String(invite.maxUses)}`,
      Role: invite.role,
      Labels: invite.labels.join(' '),
      'Good until': shortTime(invite.expiresAt),
      'Made by': invite.creator,
      Team: invite.team,
    }),
    names: invite.devices,
  }
}

async function revokeInvite(session: Session, input: Input): Promise<Outcome> {
  const request = { ...ofTeam(session), invite: input.text('invite'), force: session.settled.force }
  const result = await session.call('invites.revoke', request)
  return { result, view: text(`Revoked ${result.invite}. Devices that joined by it stay.`), names: [result.command] }
}

async function listInvites(session: Session): Promise<Outcome> {
  const answer = await session.call('invites.ls', ofTeam(session))
  const head = ['INVITE', 'STATUS', 'USES', 'ROLE', 'GOOD UNTIL', 'LABELS', 'MADE BY', 'DEVICES']
  return {
    result: answer,
    view: table(head, answer.invites.map(inviteRow), {
      empty: 'no invites',
      wide: ['LABELS', 'MADE BY', 'DEVICES'],
    }),
    names: answer.invites.map(({ invite }) => invite),
  }
}

function inviteRow(row: Invite): string[] {
  const { invite, status, uses, maxUses, role, expiresAt, labels, creator, devices } = row
  const used = `${String(uses)} of ${String(maxUses)}`
  return [invite, status, used, role, shortTime(expiresAt), labels.join(' '), creator, devices.join(' ')]
}

async function join(session: Session, input: Input): Promise<Outcome> {
  const code = await readCode(session, input.optional('code'))
  // Half of the time for the server, half for the first sync.
  const waitSeconds = Math.floor(session.settled.timeoutMs / 2_000)
  const name = input.optional('name')
  const request = { code: code.trim(), waitSeconds, ...(name === undefined ? {} : { name }) }
  const result = await session.call('invites.join', request)
  return { result, view: text(`Joined ${result.team} as ${result.role}.`), names: [result.team] }
}

/** A code is a secret: every user of the machine can read what stands in argv, so it is not taken from there. */
async function readCode(session: Session, typed: string | undefined): Promise<string> {
  if (typed?.startsWith('@') === true) return readArgument(session, typed)
  if (typed !== undefined) throw fail('ERR_CLI_SECRET_IN_ARGV')
  if (!session.terminal.interactive || !session.settled.input)
    throw fail('ERR_CLI_NEEDS_TERMINAL', {
      what: 'The invite code',
      hint: 'Give it as @FILE, or @- for standard input.',
    })
  const answer = await session.terminal.askSecret('Invite code: ')
  if (answer === undefined || answer.trim() === '') throw fail('ERR_CLI_INTERRUPTED')
  return answer
}

function ofTeam(session: Session): { team?: string } {
  return session.settled.team === undefined ? {} : { team: session.settled.team }
}
