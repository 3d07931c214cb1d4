package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/fxamacker/cbor/v2"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

const helloProtocol = "/hyrax/hello/1.0.0"
const frameBytesMax = 16384

type frame = map[string]any

// writeFrame: u32 length, then a map in deterministic CBOR.
func writeFrame(stream network.Stream, content frame) error {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		return err
	}
	body, err := mode.Marshal(content)
	if err != nil {
		return err
	}
	_, err = stream.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...))
	return err
}

func readFrame(stream network.Stream) (frame, error) {
	var head [4]byte
	if _, err := io.ReadFull(stream, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size == 0 || size > frameBytesMax {
		return nil, fmt.Errorf("a frame of %d bytes", size)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(stream, body); err != nil {
		return nil, err
	}
	content := frame{}
	return content, cbor.Unmarshal(body, &content)
}

func ownHello(node host.Host) frame {
	addresses := []string{}
	for _, address := range node.Addrs() {
		addresses = append(addresses, address.String())
	}
	return frame{
		"t": "hello", "v": 1, "agent": "go-peer", "name": "gopher", "addrs": addresses,
		"gate": "open", "lists": nil, "keyNext": nil, "binding": nil,
	}
}

// sayHello is the dialler's half.
func sayHello(ctx context.Context, node host.Host, to peer.ID) {
	stream, err := node.NewStream(ctx, to, helloProtocol)
	if err == nil {
		err = exchange(stream, func() error { return writeFrame(stream, ownHello(node)) }, nil)
	}
	report(err)
}

// answerHello is the listener's half.
func answerHello(node host.Host, stream network.Stream) {
	report(exchange(stream, nil, func() error { return writeFrame(stream, ownHello(node)) }))
}

func report(err error) {
	if err != nil {
		say("unwelcome", map[string]any{"what": err.Error()})
	}
}

// exchange: hello and welcome both ways, then PEERS both ways.
func exchange(stream network.Stream, before, after func() error) error {
	if before != nil {
		if err := before(); err != nil {
			return err
		}
	}
	hello, err := readFrame(stream)
	if err != nil {
		return err
	}
	if hello["t"] != "hello" {
		return fmt.Errorf("%v %v", hello["t"], hello["code"])
	}
	if after != nil {
		if err := after(); err != nil {
			return err
		}
		if err := writeFrame(stream, frame{"t": "welcome"}); err != nil {
			return err
		}
	}
	answer, err := readFrame(stream)
	if err != nil {
		return err
	}
	if answer["t"] != "welcome" {
		return fmt.Errorf("%v %v", answer["t"], answer["code"])
	}
	if after == nil {
		if err := writeFrame(stream, frame{"t": "welcome"}); err != nil {
			return err
		}
	}
	if err := writeFrame(stream, frame{"t": "peers", "peers": []any{}}); err != nil {
		return err
	}
	peers, err := readFrame(stream)
	if err != nil {
		return err
	}
	say("welcomed", map[string]any{"name": hello["name"], "peers": len(peers["peers"].([]any))})
	return stream.Close()
}
