/**
 * Every bound, unit last, with where the number comes from (`SECURITY.md` 6, `TEAM.md` 10, `FORMATS.md`).
 * `docs/reference/limits.md` is printed from the docstrings here.
 */
export const limits = {
  /** Inbound upgrade, all layers. js-libp2p's 10 s lets 5 silent sockets a second lock everybody out; 3 s was measured. */
  upgradeMsMax: 5_000,
  /** Wait for the other side's 24 nonce bytes of the swarm-key layer (pnet's intended value). */
  swarmNonceMsMax: 1_000,
  /** Admin door: from connection to the first granted frame (OpenSSH's 120 s invites CVE-2010-5107). */
  adminGraceMsMax: 10_000,
  /** Inbound connections that have not finished their upgrade, whole node (go-libp2p 64 transient; js-libp2p 10). */
  pendingInboundMax: 256,
  /** Pending inbound from which early random drop begins, 30 % here rising to 100 % at the maximum (OpenSSH 10:30:100). */
  pendingInboundDropFrom: 64,
  /** Pending inbound of one source address (held at 200 hostile sockets/s). */
  pendingPerSourceMax: 4,
  /** New inbound connections per second and source (js-libp2p's 5/s refused 7 of 12 clients behind one address). */
  inboundPerSourcePerSecondMax: 20,
  /** Burst on top of that rate. */
  inboundPerSourceBurstMax: 40,
  /** Sources whose rate and penalties are remembered (OpenSSH PerSourcePenalties). */
  sourcesRememberedMax: 65_536,
  /** Connections of the swarm host (js-libp2p 300). */
  swarmConnectionsMax: 300,
  /** Of those, kept free for listed peers. */
  swarmConnectionsReservedMax: 32,
  /** Connections of the admin host. */
  adminConnectionsMax: 32,
  /** Admin: pending inbound of one source. `ax` connects before it has loaded all it needs, and scripts run several. */
  adminPendingPerSourceMax: 16,
  /** Admin: how long a refused connection may stay after it was told so. */
  adminRefusedMsMax: 2_000,
  /** Admin: of the connections, kept free for authorized keys: strangers must not hold them all. */
  adminConnectionsReservedMax: 16,
  /** Admin: refused streams on one connection before it is cut (OpenSSH MaxAuthTries). */
  adminTriesMax: 6,
  /** Admin: streams at once on one connection (OpenSSH MaxSessions 10). */
  adminStreamsMax: 10,
  /** Inbound streams per connection, and early streams (library: 1,000 and 10; 10 kills a connection that opens 80). */
  inboundStreamsMax: 64,
  /** Sync streams per connection, one a team. */
  syncStreamsMax: 16,
  /** Stream write buffer (library: unbounded). */
  streamWriteBufferBytesMax: 1_048_576,
  /** Stream read buffer (library 4 MiB). */
  streamReadBufferBytesMax: 1_048_576,
  /** Admin or HTTP message (NATS payload 1 MiB). */
  adminFrameBytesMax: 1_048_576,
  /** Hello frame. */
  helloFrameBytesMax: 4_096,
  /** Hello exchange. */
  helloMsMax: 5_000,
  /** Addresses a hello carries. */
  helloAddressesMax: 8,
  /** Name in a hello. */
  helloNameBytesMax: 64,
  /** PEERS frame. */
  peersFrameBytesMax: 16_384,
  /** Peers named in one PEERS frame. */
  peersNamedMax: 16,
  /** Peers whose addresses are kept on disk for the next start; own choice. */
  peersRememberedMax: 256,
  /** Connections the dialer seeks; beyond that as many as `peersNamedMax` at random and all static peers. */
  connectionsSoughtMax: 32,
  /** First wait of the dialer; doubles up to `redialMsMax`, half jitter. */
  redialMsMin: 1_000,
  /** Longest wait of the dialer (js-libp2p gives up after 5 tries). */
  redialMsMax: 300_000,
  /** A connection that lived this long resets the dialer's wait. */
  redialHealthyMs: 60_000,
  /** Swarm keys accepted at once while they are rotated: each is tried on the first 20 bytes of a connection. */
  swarmKeysMax: 8,
  /** How long a connection outlives its retired swarm key: time for the command to pass it, and for a new one beside it. */
  swarmKeyTurnMs: 500,
  /** Ping of a welcomed peer. */
  pingMsInterval: 10_000,
  /** Missed pings after which a peer is cut (js-libp2p cuts after one, which hits slow links). */
  pingMissedMax: 3,
  /** Sync frame. */
  syncFrameBytesMax: 65_536,
  /** Stored bytes of a command. Larger things go by hash. */
  commandBytesMax: 4_096,
  /** Parents of a command. */
  commandParentsMax: 16,
  /** CBOR depth in commands. */
  commandDepthMax: 8,
  /** CBOR depth elsewhere. */
  cborDepthMax: 16,
  /** CBOR elements (1 MB of empty maps blocks the loop for 0.2 s). */
  cborElementsMax: 10_000,
  /** Commands in one COMMANDS frame (Aranya 100). */
  syncCommandsMax: 100,
  /** Bytes of commands in one sync session. */
  syncSessionBytesMax: 8_388_608,
  /** Commands in one sync session. */
  syncSessionCommandsMax: 20_000,
  /** Length of one sync session. */
  syncSessionMsMax: 60_000,
  /** Peers that get a command of our own as PUSH; the others get an ANNOUNCE. */
  pushEagerMax: 32,
  /** Of a command of somebody else, as many peers get a PUSH: each of them sends it on. */
  pushRelayMax: 4,
  /** Announcements gather for this long at least; who shows a command meanwhile needs none. */
  announceGatherMsMin: 50,
  /** And for this long at most. */
  announceGatherMsMax: 250,
  /** Of what should be known everywhere a few peers are reminded after this, twice as long at most. */
  remindMsMin: 2_000,
  /** So many are reminded. */
  remindedPeersMax: 2,
  /** Wait for an announced id before it is asked for. */
  announceWaitMs: 300,
  /** Ids in one ANNOUNCE. */
  announceIdsMax: 100,
  /** Commands with unknown parents, per peer. */
  orphansPerPeerMax: 1_000,
  /** Bytes of those, per peer. */
  orphanBytesPerPeerMax: 4_194_304,
  /** Commands with unknown parents, in all. */
  orphansMax: 10_000,
  /** How long such a command waits. */
  orphanMsMax: 600_000,
  /** Commands of unknown kind kept for an upgrade, per team. */
  parkedMax: 10_000,
  /** Live commands per author and second; pushed ones only. */
  pushPerAuthorPerSecondMax: 20,
  /** Burst on top of that rate. */
  pushPerAuthorBurstMax: 200,
  /** Bad signatures of one peer per minute before it is cut. */
  badSignaturesPerMinuteMax: 10,
  /** Bytes of parked commands, per team. */
  parkedBytesMax: 16_777_216,
  /** A parked command that had to go for another is fetched again after this. */
  parkedAgainMs: 600_000,
  /** Recipients that RotateKey lists: 72 bytes each, beside a signature and 16 parents, fit a command of 4,096. More go by hash. */
  recipientsListedMax: 32,
  /** Bytes of epoch boxes in one BOXES frame: two fit no frame, one fits beside its members. */
  boxesPieceBytesMax: 49_152,
  /** Boxes of an epoch that are made in one go before it is asked for: some milliseconds, on a slow machine a few tens. */
  boxesAtOnceMax: 16,
  /** Pause between two such lots. */
  boxesAheadMsInterval: 10,
  /** Wait after a change of members before boxes are made ahead. */
  boxesAheadMsWait: 1_000,
  /** Longest random delay before a known leave is confirmed. */
  confirmLeaveMsMax: 30_000,
  /** Step of the back-off before a device rotates because nobody has: the first in line waits one, the next two. */
  rotationMsInterval: 5_000,
  /** Bytes of epoch boxes kept, per team: 1,600 epochs of 512 devices. */
  boxesBytesMax: 67_108_864,
  /** The newest epochs, whose boxes stay whatever they take. */
  boxesNewestMin: 8,
  /** Wait for the boxes of an epoch before another peer is asked. */
  boxesMsMax: 10_000,
  /** Active keys of one kind in a bundle. */
  bundleKeysMax: 4,
  /** Bytes of a key bundle, stored form: 1 identity, 4 + 4 keys and a signature fit. */
  bundleBytesMax: 512,
  /** Bytes of commands a peer may have under way to us: granted with WANT, renewed when half of it has been judged. */
  syncCreditBytesMax: 1_048_576,
  /** Commands whose signatures are looked at together: what four threads need. What comes beyond waits unread. */
  commandsInLineMax: 256,
  /** Command bytes served to one peer per second (a tiny question cannot buy a huge answer): what two cores verify. */
  syncServedBytesPerSecondMax: 16_777_216,
  /** Burst on top of that rate: one session's budget. */
  syncServedBurstBytesMax: 8_388_608,
  /** Entries of one WANT. */
  wantEntriesMax: 100,
  /** Devices in one FRONTIER: every device that ever authored something and fits a frame of 64 KiB. */
  frontierEntriesMax: 1_500,
  /** A pull without anything new for this long gives its turn to another peer. */
  syncPullMsMax: 10_000,
  /** The same, where another peer is ready to take it. */
  syncPullReadyMs: 2_000,
  /** A pull that brings less than this per second for `syncPullSlowMs` gives its turn to a peer that is ready. */
  syncPullBytesPerSecondMin: 8_192,
  /** How long a pull may be slow. */
  syncPullSlowMs: 5_000,
  /** Frames of one peer per second: a catch-up at full rate needs 200. What comes above is not looked at, and counts. */
  syncFramesPerSecondMax: 500,
  /** Burst on top of that rate. */
  syncFramesBurstMax: 5_000,
  /** HELLO and FRONTIER of one peer per second: each costs a look at all heads or all devices. */
  syncGreetingsPerSecondMax: 10,
  /** Burst on top of that rate. */
  syncGreetingsBurstMax: 100,
  /** Commands looked up for one peer's WANTs per second, one per entry at least: a session's in one go. */
  syncLookupsPerSecondMax: 40_000,
  /** Burst on top of that rate. */
  syncLookupsBurstMax: 40_000,
  /** Devices in all that one peer's frontier may name. */
  frontierDevicesMax: 10_000,
  /** Shortest pause between two HELLOs that tell of many new commands. */
  syncHelloSoonMs: 500,
  /** Steps of the range fallback in one session. */
  syncRangeRoundsMax: 32,
  /** Ids a RANGE lists instead of halving on. */
  syncRangeIdsMax: 64,
  /** RANGE frames of one peer per second: each costs a hash over many ids. */
  syncRangesPerSecondMax: 32,
  /** Burst on top of that rate: 32 rounds of halves. */
  syncRangesBurstMax: 1_024,
  /** After own commands those who were not pushed to hear a HELLO this soon, one for all that were made meanwhile. */
  syncHelloOwnMs: 200,
  /** And this soon those who were: a stream loses nothing, but a receiver may have put off what came too fast. */
  syncHelloPushedMs: 2_000,
  /** Shortest pause between two HELLOs of one stream (30 to 60 s with jitter). */
  syncHelloMsMin: 30_000,
  /** Longest pause between two HELLOs of one stream. */
  syncHelloMsMax: 60_000,
  /** Bytes of commands that prove its removal to a removed device. */
  removalProofBytesMax: 65_536,
  /** Ids of which is remembered who showed them, and ids refused. */
  seenIdsMax: 100_000,
  /** Commands after which a team's state is kept on the disk again (`TEAM.md` 7). */
  checkpointInterval: 1_024,
  /** Commands that one page of a team's index is about at most, where it is made anew. */
  indexPageCommandsMax: 1_024,
  /** Pages of a team's index that a start may find, beside twice those it needs, before it writes it anew. */
  indexPagesSpareMax: 256,
  /** Commands of a team of which is kept in memory what was read from their bytes: at most about 40 MiB. */
  commandsReadMax: 131_072,
  /** States of command positions kept in memory, beside every 64th. */
  viewsRememberedMax: 64,
  /** Wait of the side that sorts second before it opens the sync stream itself. */
  syncOpenMsWait: 2_000,
  /** Sync peers one node keeps. */
  syncPeersMax: 1_024,
  /** Frame of the invite protocol. */
  inviteFrameBytesMax: 8_192,
  /** One conversation about an invite, from its first frame to its answer. */
  inviteMsMax: 10_000,
  /** Attempts to join by an invite of one source in a minute: a code has 128 bits, so this spares our time alone. */
  inviteAttemptsPerMinuteMax: 10,
  /** The same of all sources together; own choice. */
  inviteAttemptsInAllPerMinuteMax: 6_000,
  /** Bytes of an invite claim, stored form: a bundle, two ids and two signatures fit. */
  inviteClaimBytesMax: 1_024,
  /** Members of a team (512 is the tested figure). */
  membersMax: 1_024,
  /** Names, roles and labels in a team. */
  nameBytesMax: 128,
  /** Network name: a DNS name. */
  networkNameBytesMax: 253,
  /** Labels of a team. */
  labelsMax: 1_024,
  /** Labels of one device, and of one invite. */
  labelsPerDeviceMax: 64,
  /** Custom roles of a team. */
  customRolesMax: 64,
  /** Invites of a team that are not used up. */
  invitesOpenMax: 256,
  /** Devices that one invite admits. */
  inviteUsesMax: 1_000,
  /** Nodes on the list of a team. */
  governedNodesMax: 1_024,
  /** Addresses of one such node. */
  nodeAddressesMax: 8,
  /** Operators whose tokens count on nodes that the team governs. */
  trustedOperatorsMax: 64,
  /** Revoked claims of a team. */
  revokedClaimsMax: 4_096,
  /** Comments and other free text. */
  commentBytesMax: 512,
  /** Authorized keys. */
  authorizedKeysMax: 1_000,
  /** CIDRs in one authorized key's `from`. */
  authorizedFromMax: 64,
  /** Text files people edit. */
  textFileBytesMax: 1_048_576,
  /** Node lists. */
  nodeListBytesMax: 4_194_304,
  /** Entries of a node list. */
  nodeListEntriesMax: 10_000,
  /** known_nodes. */
  knownNodesBytesMax: 4_194_304,
  /** Lines of known_nodes. */
  knownNodesLinesMax: 10_000,
  /** settings.yaml. */
  settingsBytesMax: 262_144,
  /** JSON depth. */
  jsonDepthMax: 16,
  /** A changed list is judged when it has been quiet for this long. */
  listQuietMs: 200,
  /** ... but at most this long after the first sign. */
  listQuietMsMax: 1_000,
  /** Poll of the lists beside the watch. */
  listPollMs: 1_000,
  /** HTTP: headers. */
  httpHeaderMsMax: 10_000,
  /** HTTP: header bytes. */
  httpHeaderBytesMax: 16_384,
  /** HTTP: whole request. */
  httpRequestMsMax: 30_000,
  /** HTTP: sockets. */
  httpSocketsMax: 64,
  /** Longest Unix socket path that the kernel takes. */
  socketPathBytesMax: 107,
  /** Log line. */
  logLineBytesMax: 4_096,
  /** Graceful stop. */
  stopMsMax: 5_000,
  /** A key file; the longest that Constellation writes has some 400 bytes. */
  keyFileBytesMax: 16_384,
  /** Passphrase file. */
  passphraseBytesMax: 1_024,
  /** Argon2 memory of a key file (Constellation's own default is 1 GiB). */
  argonMemoryKibMax: 1_048_576,
  /** Argon2 passes. */
  argonIterationsMax: 64,
  /** Argon2 lanes. */
  argonLanesMax: 64,
  /** Argon2 memory x passes. */
  argonKibPassesMax: 16_777_216,
} as const

export type LimitName = keyof typeof limits
