import type { ErrorEntry } from './error-entry.ts'
import { teamErrorCodes } from './team-error-codes.ts'

export type { ErrorEntry } from './error-entry.ts'

/**
 * The table of codes: what each says, what helps, how `ax` exits (`CLI.md` 9), and what the *peer* is told.
 * A code is a promise for ever once released; its text may change. `docs/reference/errors.md` is printed from here.
 */
const table = {
  // --- inherited names (FORMATS.md 6) ---
  ERR_INTERNAL_ERROR: {
    message: 'Internal error: {what}',
    hint: 'This is a bug. The log of axd has more.',
    exit: 1,
    peer: 'same',
  },
  ERR_INVALID_INPUT: { message: 'Invalid input: {what}', exit: 2, peer: 'same' },
  ERR_UNSUPPORTED: { message: 'Not supported: {what}', exit: 2, peer: 'same' },
  ERR_UNAUTHORIZED: {
    message: 'Provided key is not authorized to access the API.',
    hint: 'Your key is {key}. On the node, run: ax keys authorize {key}',
    exit: 4,
    peer: 'same',
  },
  ERR_USER_UNAUTHENTICATED: { message: 'No key pair found: {what}', hint: 'Make one with: ax keys generate', exit: 4 },
  ERR_NODE_AUTH: {
    message: 'The node at {address} is {found}, not the expected {expected}. Nothing was sent to it.',
    exit: 5,
  },
  ERR_NODE_UNREACHABLE: {
    message: 'Cannot reach the node at {address}: {what}',
    hint: 'Is axd running there? Start one with: axd',
    exit: 6,
  },
  ERR_NODE_MISCONFIGURED: {
    message:
      'Node HTTP API is not available, if setting `com.actyx.os/general/requireAuthentication` is set to true. Consider using the experimental API on port 4458 instead.',
    exit: 9,
    peer: 'same',
  },
  ERR_INVALID_NODE_STATE: { message: 'The node cannot do this now: {what}', exit: 7, peer: 'same' },
  ERR_PORT_COLLISION: {
    message: 'Cannot listen on {address}: {what}',
    hint: 'Choose another port, or stop what uses this one.',
    exit: 7,
  },
  ERR_PATH_INVALID: { message: 'Path "{path}" does not exist. Specify an existing path.', exit: 3 },
  ERR_FILE_EXISTS: { message: 'File {path} exists already.', hint: 'Use --force to replace it.', exit: 7 },
  ERR_IO: { message: 'Cannot {what} {path}: {cause}', exit: 1 },
  ERR_SETTINGS_INVALID: { message: 'Validation failed.\n{errors}', exit: 8, peer: 'same' },
  ERR_SETTINGS_INVALID_AT_SCOPE: {
    message: 'Invalid settings at {scope}: {what}',
    hint: '{hint}',
    exit: 8,
    peer: 'same',
  },
  ERR_SETTINGS_UNKNOWN_SCOPE: {
    message: 'Unknown scope {scope}{what}',
    hint: 'See: ax settings scopes',
    exit: 8,
    peer: 'same',
  },
  ERR_SETTINGS_NOT_FOUND_AT_SCOPE: { message: 'No settings at {scope}.', exit: 8, peer: 'same' },

  // --- codec ---
  ERR_CODEC_TEXT: { message: '{what} is not well-formed text: {why}', exit: 2 },
  ERR_CODEC_JSON: { message: '{what} is not acceptable JSON: {why}', exit: 2 },
  ERR_CODEC_CBOR: { message: 'Bytes are not canonical CBOR: {why}', exit: 11 },
  ERR_CODEC_FRAME: { message: 'Bad frame: {why}', exit: 11 },

  // --- keys ---
  ERR_KEYS_FORMAT: {
    message: '"{text}" is not a key: {why}',
    hint: 'A public key looks like 0… (45 characters), 12D3KooW…, or N…/U…',
    exit: 2,
    peer: 'same',
  },
  ERR_KEYS_LENGTH: { message: 'Key text has {found} characters, {expected} expected.', exit: 2, peer: 'same' },
  ERR_KEYS_CHECKSUM: {
    message: 'The checksum of the key text is wrong: a character was changed or lost.',
    exit: 2,
    peer: 'same',
  },
  ERR_KEYS_PREFIX: { message: 'Unknown key prefix "{prefix}".', exit: 2, peer: 'same' },
  ERR_KEYS_KIND: { message: 'This is a key of kind {found}; {expected} is needed.', exit: 2, peer: 'same' },
  ERR_KEYS_POINT: {
    message: 'This public key is not a point that Hyrax accepts (small order, or not canonical).',
    exit: 2,
    peer: 'same',
  },
  ERR_KEYS_MISMATCH: { message: 'Public and private half of {path} do not belong together.', exit: 11 },
  ERR_KEYS_SECRET: {
    message: 'This value is a private key of yours, not a public one. It was not used.',
    hint: 'Show the public key with: ax swarms listKeys',
    exit: 2,
  },
  ERR_KEYS_FILE: { message: '{path} is not a key file that can be read: {why}', exit: 2 },
  ERR_KEYS_COST: {
    message: 'The key file asks for {parameter} = {value}, more than the limit {limit}.',
    hint: 'If you trust the file, raise the limit with --max-memory.',
    exit: 2,
  },
  ERR_KEYS_LOCKED: {
    message: 'The key file {path} is locked.',
    hint: 'Give its password with --passphrase-file, AX_PASSPHRASE_FILE or at a terminal.',
    exit: 4,
  },
  ERR_KEYS_PASSWORD: { message: 'Wrong password for {path}, or the file was altered.', exit: 4 },

  // --- files ---
  ERR_FILES_MODE: { message: '{path} is not safe to read: {why}', hint: '{hint}', exit: 2 },
  ERR_FILES_SIZE: { message: '{path} is larger than {limit} bytes.', exit: 2 },

  // --- swarm ---
  ERR_SWARM_KEY_FORMAT: {
    message: 'The swarm key cannot be read: {why}',
    hint: 'Make one with: ax swarms keygen -o swarm.key',
    exit: 2,
  },
  ERR_SWARM_KEY_PUBLIC: {
    message: 'This swarm key is published (or trivial): everybody has it.',
    hint: 'Make a new one with: ax swarms keygen -o swarm.key. For throw-away tests: --allow-published-swarm-key',
    exit: 2,
  },
  ERR_SWARM_WRONG_KEY: {
    message: 'The other side uses another swarm key. Ours has the fingerprint {fingerprint}. {what}',
    exit: 11,
  },
  ERR_SWARM_BUSY: { message: 'The node has no room for another connection now.', exit: 6, peer: 'same' },

  ERR_SWARM_CLOSED_BEFORE_HELLO: {
    message: "The other side closed the connection before hello: not on the other node's list?",
    hint: 'On that node, run: ax permissioned check {self}',
    exit: 6,
  },
  ERR_SWARM_REFUSED: {
    message: 'Node {peer} refused this node: {reason}.',
    hint: 'On that node, run: ax permissioned check {self}',
    exit: 4,
  },
  ERR_SWARM_NOT_CONNECTED: {
    message: 'Peer {peer} is not connected.',
    hint: 'See: ax swarms peers',
    exit: 6,
    peer: 'same',
  },
  ERR_SWARM_HELLO: { message: 'Peer {peer} broke the rules of hello: {what}', exit: 11 },
  ERR_SWARM_SILENT: { message: 'Peer {peer} left {missed} pings unanswered and was cut.', exit: 6 },

  // --- host ---
  ERR_HOST_STREAM: { message: 'The stream with {peer} broke: {what}', exit: 6 },

  // --- access ---
  ERR_ACCESS_NOT_PERMISSIONED: {
    message: 'Peer {peer} is not on the list of permissioned nodes.',
    hint: 'Add it with: ax permissioned add {peer}',
    exit: 4,
    peer: 'same',
  },
  ERR_ACCESS_LOCKOUT: { message: 'This change would lock you out: {why}', hint: '{hint}', exit: 8, peer: 'same' },
  ERR_ACCESS_NODE_UNKNOWN: {
    message:
      "The authenticity of host '{address}' can't be established, and there is nobody to ask. Node's ID is '{peer}'.",
    hint: '{hint}',
    exit: 5,
  },
  ERR_ACCESS_NODE_CHANGED: { message: "'{address}' answers with another identity than before.", exit: 5 },
  ERR_ACCESS_NODE_REVOKED: { message: 'Node {peer} is marked as revoked in {path}. Nothing was sent to it.', exit: 5 },
  ERR_ACCESS_KNOWN_NODES: {
    message: 'Cannot trust {path}: {why}. No node is contacted.',
    hint: 'Repair or remove that line.',
    exit: 5,
  },
  ERR_ACCESS_LIST: { message: 'The list {path} cannot be read: {why}. It admits nobody.', exit: 8 },

  // --- admin ---
  ERR_ADMIN_HOST: { message: 'Requests from this host or origin are not served.', exit: 4, peer: 'same' },
  ERR_ADMIN_NOT_FOUND: { message: 'No such operation: {what}', exit: 3, peer: 'same' },
  ERR_ADMIN_BUSY: { message: 'The node is busy; try again.', exit: 6, peer: 'same' },
  ERR_ADMIN_TOO_LARGE: { message: 'The request or its answer is larger than {limit}.', exit: 2, peer: 'same' },
  ERR_ADMIN_TIMEOUT: { message: 'No answer from {address} within {timeout}.', exit: 6 },

  ...teamErrorCodes,

  // --- store ---
  ERR_STORE_DAMAGED: {
    message:
      'Record {id} of the store is damaged; it and {descendants} commands after it were dropped and are fetched again.',
    exit: 11,
  },
  ERR_STORE_WRITE: {
    message: 'The store cannot be written: {what}',
    hint: 'Is the disk full? Nothing was acknowledged.',
    exit: 1,
    peer: 'same',
  },

  // --- node ---
  ERR_NODE_INITIALIZED: {
    message: 'There is a node already: {path}.',
    hint: 'Start it with axd, or choose another --data-dir. axd init replaces nothing.',
    exit: 7,
  },
  ERR_NODE_LOCKED: {
    message: 'Another axd{what} uses the data directory {path}.',
    hint: 'Stop it first, or choose another --data-dir.',
    exit: 7,
  },
  ERR_NODE_DEBUG_KEYS: {
    message: 'DUMP_SESSION_KEYS is set: it would write private keys to the log. axd does not start.',
    hint: 'Unset it.',
    exit: 9,
  },
  ERR_NODE_NOT_FOUND: { message: 'No {what} {name} here.', exit: 3, peer: 'same' },

  // --- cli ---
  ERR_CLI_USAGE: { message: '{what}', hint: '{hint}', exit: 2 },
  ERR_CLI_SECRET_IN_ARGV: {
    message: 'A secret must not stand on the command line, where every user can read it.',
    hint: 'Put it in a file and give @FILE, or @- for standard input.',
    exit: 2,
  },
  ERR_CLI_NEEDS_TERMINAL: { message: '{what} needs a terminal or an option.', hint: '{hint}', exit: 12 },
  ERR_CLI_NODE_DECLINED: {
    message: "The identity of '{address}' was not accepted. Nothing was sent to it, nothing was recorded.",
    exit: 5,
  },
  ERR_CLI_INTERRUPTED: { message: 'Interrupted.', exit: 130 },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof table

/** Code to entry. */
export const errorCodes: Readonly<Record<ErrorCode, ErrorEntry>> = table
