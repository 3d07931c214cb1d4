import type { ErrorEntry } from './error-entry.ts'

/** The codes of teams (`TEAM.md` 2.7): a part of the table of codes. */
export const teamErrorCodes = {
  // --- team: the law (TEAM.md 2.7) ---
  ERR_TEAM_NOT_MEMBER: { message: 'Device {device} is not a member of this team.', exit: 10, peer: 'same' },
  ERR_TEAM_NO_PERMISSION: {
    message: "role '{role}' may not {action}",
    hint: 'Needed permission: {permission}. Ask a device whose role holds it; see: ax roles ls',
    exit: 10,
    peer: 'same',
  },
  ERR_TEAM_RANK_TOO_LOW: {
    message: 'A rank above {rankNeeded} is needed to {action}; the author has {rankHeld}.',
    hint: 'Ask a device of higher rank; see: ax devices ls',
    exit: 10,
    peer: 'same',
  },
  ERR_TEAM_STALE_GENERATION: {
    message: 'The {field} was removed and made again since this was written.',
    hint: 'Look at the present state and say it again.',
    exit: 10,
    peer: 'same',
  },
  ERR_TEAM_STALE_ROLE: {
    message: "The device has the role '{found}', not '{expected}'.",
    hint: 'Look at the present state and say it again.',
    exit: 10,
    peer: 'same',
  },
  ERR_TEAM_LAST_OWNER: {
    message: 'The last owner of an open team cannot leave or step down.',
    hint: 'Make another device owner first, or close the team.',
    exit: 10,
    peer: 'same',
  },
  ERR_TEAM_DUPLICATE: { message: 'Already so: {what}', exit: 10, peer: 'same' },
  ERR_TEAM_CLOSED: { message: 'The team is closed for good.', exit: 10, peer: 'same' },
  ERR_TEAM_LIMIT: { message: 'The team has {found} {what} already; {limit} is the limit.', exit: 10, peer: 'same' },
  ERR_TEAM_KEY_WEAK: {
    message: 'The bundle holds a key that Hyrax does not accept (small order, or not canonical).',
    exit: 10,
    peer: 'same',
  },
  ERR_TEAM_LAST_KEY: {
    message: 'The last key of its kind cannot be retired: {what} would have none.',
    hint: 'Add another one first.',
    exit: 10,
    peer: 'same',
  },
  ERR_TEAM_ROLE_BUILTIN: {
    message: "The role '{role}' exists in every team and cannot be changed.",
    hint: 'Make a role of your own: ax roles create',
    exit: 10,
    peer: 'same',
  },
  ERR_TEAM_ROLE_IN_USE: {
    message: "The role '{role}' is held by devices: {found}",
    hint: 'Give them another role first: ax roles assign',
    exit: 10,
    peer: 'same',
  },
  ERR_TEAM_PERMISSION_FORBIDDEN: {
    message: 'No custom role may hold {what}.',
    hint: 'Leave it out.',
    exit: 10,
    peer: 'same',
  },
  ERR_TEAM_KEY_RETIRED: {
    message: 'The signing key of device {device} is retired.',
    hint: 'Sign with a newer key of the device.',
    exit: 10,
    peer: 'same',
  },
  ERR_TEAM_BAD_RECIPIENTS: {
    message: 'The epoch is not sealed for the members of the team: {what}',
    hint: 'Sync, then rotate again: ax teams rotate-key',
    exit: 10,
    peer: 'same',
  },
  ERR_TEAM_UNKNOWN_DEVICE: {
    message: 'No device {device} in this team.',
    hint: 'See: ax devices ls',
    exit: 3,
    peer: 'same',
  },
  ERR_TEAM_UNKNOWN_ROLE: {
    message: "No role '{role}' in this team.",
    hint: 'See: ax roles ls',
    exit: 3,
    peer: 'same',
  },
  ERR_TEAM_UNKNOWN_KEY: {
    message: 'Unknown key: {what}',
    hint: 'See: ax devices show, ax swarms show',
    exit: 3,
    peer: 'same',
  },
  ERR_TEAM_UNKNOWN_PERMISSION: {
    message: "The role does not hold the permission '{permission}', or there is none of that name.",
    hint: 'See: ax roles ls',
    exit: 3,
    peer: 'same',
  },
  ERR_TEAM_UNKNOWN_LABEL: {
    message: "No label '{label}' here.",
    hint: 'See: ax labels ls',
    exit: 3,
    peer: 'same',
  },
  ERR_TEAM_UNKNOWN_NAME: {
    message: "No device with the network name '{name}' here.",
    hint: 'See: ax names ls',
    exit: 3,
    peer: 'same',
  },
  ERR_TEAM_UNKNOWN_INVITE: {
    message: 'No open invite {invite} in this team.',
    hint: 'It may have been revoked, or its creator is gone. See: ax invites ls',
    exit: 3,
    peer: 'same',
  },
  ERR_TEAM_UNKNOWN_TEAM: {
    message: 'This node does not keep a team {team}.',
    hint: 'See: ax teams ls',
    exit: 3,
    peer: 'same',
  },
  ERR_TEAM_AMBIGUOUS: { message: '"{text}" fits more than one {what}.', hint: 'Give the id.', exit: 2, peer: 'same' },
  ERR_TEAM_INVITE_EXHAUSTED: {
    message: 'The invite is used up: it was good for so many devices and no more.',
    hint: 'Ask for another one.',
    exit: 10,
    peer: 'same',
  },
  // --- team: structure ---
  ERR_TEAM_BAD_ENCODING: { message: 'Bad encoding: {why}', exit: 11, peer: 'same' },
  ERR_TEAM_BAD_PAYLOAD: { message: 'Bad payload: {field}', exit: 10, peer: 'same' },
  ERR_TEAM_BAD_SIGNATURE: { message: 'Bad signature: {what}', exit: 11, peer: 'same' },
  ERR_TEAM_BAD_PARENT: { message: 'Bad parents: {why}', exit: 11, peer: 'same' },
  ERR_TEAM_BAD_DEPTH: { message: 'The command claims depth {found}; it has {expected}.', exit: 11, peer: 'same' },
  ERR_TEAM_BAD_SEQUENCE: {
    message: 'The command claims number {found} of its author; it is {expected}.',
    exit: 11,
    peer: 'same',
  },
  ERR_TEAM_WRONG_TEAM: { message: 'The command belongs to another team.', exit: 11, peer: 'same' },
  ERR_TEAM_TOO_LARGE: { message: 'The command has {found} bytes; {limit} is the limit.', exit: 10, peer: 'same' },
  ERR_TEAM_UNKNOWN_KIND: { message: 'This version does not know the command kind {kind}.', exit: 10, peer: 'same' },
  // --- team: invites (TEAM.md 8) ---
  ERR_TEAM_INVITE_CLAIM_INVALID: {
    message: 'The claim was not made with the code of this invite, for this team and these keys.',
    exit: 10,
    peer: 'same',
  },
  ERR_TEAM_INVITE_EXPIRED: {
    message: 'The invite has expired, by the clock of the node that admits.',
    hint: 'Ask for another one. If a clock is wrong, see the time in: ax status',
    exit: 10,
    peer: 'same',
  },
  ERR_TEAM_INVITE_BUSY: {
    message: 'Too many attempts to join by an invite; the server takes some again within a minute.',
    exit: 6,
    peer: 'same',
  },
  ERR_TEAM_INVITE_CODE_INVALID: {
    message: 'This is no invite code: {why}',
    hint: 'It begins with hyrax-invite1: and is used whole, as ax invites create printed it.',
    exit: 2,
    peer: 'same',
  },
  // --- team: local ---
  ERR_TEAM_NOT_SYNCED: {
    message: 'Not yet: {what}',
    hint: 'Connect to a member (ax sync add, ax sync now) and try again{force}',
    exit: 7,
    peer: 'same',
  },
  ERR_TEAM_DIVERGED: {
    message: 'Another node computes a different state from the same commands. Nothing is authored on this team.',
    hint: 'This is a bug in one of the two. Keep both data directories and report it.',
    exit: 11,
    peer: 'same',
  },
  ERR_TEAM_INTERNAL: {
    message: 'The law failed on a command of kind {kind}: {what}',
    hint: 'This is a bug. The command was refused here; keep the data directory and report it.',
    exit: 11,
    peer: 'same',
  },
  ERR_TEAM_RECALLED: { message: 'Your command {id} no longer has an effect: {reason}', exit: 10, peer: 'same' },
  ERR_TEAM_VOIDED: {
    message: 'This has lost its effect: a command made beside it took the right to it away.',
    hint: 'See: ax teams log --why',
    exit: 10,
    peer: 'same',
  },
  ERR_TEAM_ROTATION_PENDING: {
    message: 'Nothing is sealed for this team now: no epoch key excludes everybody who is no member.',
    hint: 'An owner or operator rotates it, by itself within seconds once one is connected, or with: ax teams rotate-key',
    exit: 10,
    peer: 'same',
  },
  ERR_TEAM_EPOCH_UNREADABLE: {
    message: 'This device cannot open epoch {epoch}: it has no box of it, or the boxes have not arrived.',
    hint: 'See: ax teams show',
    exit: 10,
    peer: 'same',
  },
  ERR_TEAM_FLOOD: { message: 'Peer {peer} was cut: too many bad commands.', exit: 11 },

  ERR_TEAM_AUDIT: {
    message: 'The commands on the disk do not give the state that runs: {what}',
    hint: 'Keep a copy of the data directory, report it, and start axd again: it fetches what is damaged from other members.',
    exit: 11,
    peer: 'same',
  },
} as const satisfies Record<string, ErrorEntry>
