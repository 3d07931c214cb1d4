// go-peer is a node of another family: go-libp2p as it ships, with the swarm key, that speaks hello besides.
// It prints one JSON line for each thing that happens and lives until its standard input ends.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/pnet"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
)

var printing sync.Mutex

func say(what string, data map[string]any) {
	printing.Lock()
	defer printing.Unlock()
	data["event"] = what
	line, _ := json.Marshal(data)
	fmt.Println(string(line))
}

func fatal(err error) {
	if err == nil {
		return
	}
	say("error", map[string]any{"what": err.Error()})
	os.Exit(1)
}

func main() {
	keyFile := flag.String("key", "", "swarm key file")
	target := flag.String("dial", "", "multiaddr to dial, with /p2p")
	greets := flag.Bool("hello", false, "speak hello")
	flag.Parse()

	node, err := start(*keyFile)
	fatal(err)
	defer node.Close()
	watchIdentify(node)
	if *greets {
		node.SetStreamHandler(helloProtocol, func(stream network.Stream) { answerHello(node, stream) })
	}
	for _, address := range node.Addrs() {
		say("listening", map[string]any{"address": fmt.Sprintf("%s/p2p/%s", address, node.ID())})
	}
	if *target != "" {
		go dial(node, *target, *greets)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func start(keyFile string) (host.Host, error) {
	file, err := os.Open(keyFile)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	key, err := pnet.DecodeV1PSK(file)
	if err != nil {
		return nil, err
	}
	return libp2p.New(
		libp2p.PrivateNetwork(key),
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"),
		libp2p.UserAgent("go-peer"),
	)
}

func watchIdentify(node host.Host) {
	events, err := node.EventBus().Subscribe(new(event.EvtPeerIdentificationCompleted))
	fatal(err)
	go func() {
		for next := range events.Out() {
			done := next.(event.EvtPeerIdentificationCompleted)
			say("identified", map[string]any{"peer": done.Peer.String(), "agent": done.AgentVersion, "protocols": done.Protocols})
		}
	}()
}

func dial(node host.Host, target string, greets bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	info, err := peer.AddrInfoFromString(target)
	fatal(err)
	if err := node.Connect(ctx, *info); err != nil {
		say("refused", map[string]any{"what": err.Error()})
		return
	}
	say("connected", map[string]any{"peer": info.ID.String()})
	result := <-ping.Ping(ctx, node, info.ID)
	if result.Error == nil {
		say("pinged", map[string]any{"ms": float64(result.RTT.Microseconds()) / 1000})
	} else {
		say("unanswered", map[string]any{"what": result.Error.Error()})
	}
	if greets {
		sayHello(ctx, node, info.ID)
	}
}
