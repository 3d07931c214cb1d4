// A libp2p node written in Go, for testing that Hyrax speaks with others over the same swarm key (row B8).
//
//	go-peer -key swarm.key -dial MULTIADDR [-hello]   dials, identifies, pings, says hello if asked
//	go-peer -key swarm.key -listen [-hello]           prints its address, answers, until its standard input ends
//
// Every fact is one JSON object on a line of standard output.
package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/pnet"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
)

const helloProtocol = "/hyrax/hello/1.0.0"

func main() {
	keyFile := flag.String("key", "", "swarm key file")
	dial := flag.String("dial", "", "multiaddr with /p2p to dial")
	listen := flag.Bool("listen", false, "listen, and answer")
	hello := flag.Bool("hello", false, "speak hello")
	flag.Parse()
	node, err := newNode(*keyFile)
	if err == nil {
		defer node.Close()
		if *listen {
			err = answer(node, *hello)
		} else {
			err = visit(node, *dial, *hello)
		}
	}
	if err != nil {
		tell("error", err.Error())
		os.Exit(1)
	}
}

// newNode makes a host with the swarm key, TCP and Noise on loopback.
func newNode(keyFile string) (host.Host, error) {
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
		libp2p.Security(noise.ID, noise.New),
		libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"),
		libp2p.UserAgent("go-peer"),
		libp2p.Ping(true),
	)
}

// visit dials a node, and tells what it learns there.
func visit(node host.Host, address string, hello bool) error {
	info, err := peer.AddrInfoFromString(address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := node.Connect(ctx, *info); err != nil {
		return err
	}
	tell("connected", info.ID.String())
	if hello {
		if err := sayHello(ctx, node, info.ID); err != nil {
			return err
		}
	}
	result := <-ping.Ping(ctx, node, info.ID)
	if result.Error != nil {
		return result.Error
	}
	tell("ping", result.RTT.String())
	return tellAgent(node, info.ID)
}

// tellAgent waits until identify has told what the other side is.
func tellAgent(node host.Host, id peer.ID) error {
	for range 100 {
		if agent, err := node.Peerstore().Get(id, "AgentVersion"); err == nil {
			tell("agent", agent.(string))
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("identify told no agent")
}

// answer listens until standard input ends.
func answer(node host.Host, hello bool) error {
	if hello {
		node.SetStreamHandler(helloProtocol, func(stream network.Stream) {
			if err := answerHello(node, stream); err != nil {
				tell("error", err.Error())
			}
		})
	}
	node.Network().Notify(&network.NotifyBundle{ConnectedF: func(_ network.Network, connection network.Conn) {
		go func() {
			tell("connected", connection.RemotePeer().String())
			if err := tellAgent(node, connection.RemotePeer()); err != nil {
				tell("error", err.Error())
			}
		}()
	}})
	tell("address", fmt.Sprintf("%s/p2p/%s", node.Addrs()[0], node.ID()))
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

type frame = map[string]any

func ownHello(node host.Host) frame {
	addresses := []string{}
	for _, address := range node.Addrs() {
		addresses = append(addresses, address.String())
	}
	return frame{"t": "hello", "v": 1, "agent": "go-peer", "name": "gopher", "addrs": addresses,
		"gate": "open", "lists": nil, "keyNext": nil, "binding": nil}
}

// sayHello is the dialer's half: hello, the other's hello and answer, our answer, peers both ways.
func sayHello(ctx context.Context, node host.Host, id peer.ID) error {
	stream, err := node.NewStream(ctx, id, helloProtocol)
	if err != nil {
		return err
	}
	if err := write(stream, ownHello(node)); err != nil {
		return err
	}
	for _, word := range []string{"hello", "welcome"} {
		got, err := read(stream)
		if err != nil {
			return fmt.Errorf("waiting for %s: %w", word, err)
		}
		if got["t"] == "refused" {
			return fmt.Errorf("refused: %v", got["code"])
		}
		if got["t"] != word {
			return fmt.Errorf("got %v, not %s", got["t"], word)
		}
		if word == "hello" {
			tell("hello", fmt.Sprint(got["name"]))
		}
	}
	if err := write(stream, frame{"t": "welcome"}); err != nil {
		return err
	}
	tell("welcomed", id.String())
	return exchangePeers(stream)
}

// exchangePeers names nobody, and reads whom the other side names.
func exchangePeers(stream network.Stream) error {
	if err := write(stream, frame{"t": "peers", "peers": []any{}}); err != nil {
		return err
	}
	if err := stream.CloseWrite(); err != nil {
		return err
	}
	got, err := read(stream)
	if err == nil && got["t"] != "peers" {
		err = fmt.Errorf("got %v, not peers", got["t"])
	}
	return err
}

// answerHello is the listener's half.
func answerHello(node host.Host, stream network.Stream) error {
	got, err := read(stream)
	if err != nil {
		return err
	}
	tell("hello", fmt.Sprint(got["name"]))
	if err := write(stream, ownHello(node)); err != nil {
		return err
	}
	if err := write(stream, frame{"t": "welcome"}); err != nil {
		return err
	}
	got, err = read(stream)
	if err != nil {
		return err
	}
	if got["t"] != "welcome" {
		return fmt.Errorf("got %v %v, not welcome", got["t"], got["code"])
	}
	tell("welcomed", stream.Conn().RemotePeer().String())
	return exchangePeers(stream)
}

// write sends a frame: four bytes of length, then deterministic CBOR.
func write(stream network.Stream, value frame) error {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		return err
	}
	body, err := mode.Marshal(value)
	if err != nil {
		return err
	}
	_, err = stream.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...))
	return err
}

func read(stream network.Stream) (frame, error) {
	var length [4]byte
	if _, err := io.ReadFull(stream, length[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(length[:])
	if size > 16384 {
		return nil, errors.New("frame too long")
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(stream, body); err != nil {
		return nil, err
	}
	var value frame
	return value, cbor.Unmarshal(body, &value)
}

func tell(event string, text string) {
	line, _ := json.Marshal(map[string]string{"event": event, "text": text})
	fmt.Println(string(line))
}
