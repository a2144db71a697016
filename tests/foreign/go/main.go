// Command main reads a log that policy_service has written out and checks it by the Go team's own
// golang.org/x/mod/sumdb/note and .../tlog. What is added here maps C2SP file names to theirs.
//
//	main DIR VKEY OLD_CHECKPOINT
//
// DIR holds checkpoint, tile/..., consistency (base64 lines) and proofs/*.tlog-proof.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const width = 256

func must(err error, what string) {
	if err != nil {
		fmt.Printf("REFUSED %s: %v\n", what, err)
		os.Exit(1)
	}
}

func require(ok bool, what string) {
	if !ok {
		must(fmt.Errorf("does not hold"), what)
	}
}

func read(parts ...string) []byte {
	content, err := os.ReadFile(filepath.Join(parts...))
	must(err, "reading")
	return content
}

func hashes(lines []string) []tlog.Hash {
	var found []tlog.Hash
	for _, line := range lines {
		if line == "" {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(line)
		must(err, "base64")
		require(len(raw) == tlog.HashSize, "length of a hash")
		found = append(found, tlog.Hash(*(*[tlog.HashSize]byte)(raw)))
	}
	return found
}

// opened checks the signature of a checkpoint and reads its three lines.
func opened(raw []byte, vkey string) tlog.Tree {
	verifier, err := note.NewVerifier(vkey)
	must(err, "vkey")
	signed, err := note.Open(raw, note.VerifierList(verifier))
	must(err, "signature of the checkpoint")
	lines := strings.Split(signed.Text, "\n")
	require(len(lines) >= 4 && lines[0] == verifier.Name(), "origin")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err, "size")
	return tlog.Tree{N: size, Hash: hashes(lines[2:3])[0]}
}

// name is the C2SP path of a tile: three digits a group, partial ones by their width.
func name(level string, index int64, count int) string {
	path := fmt.Sprintf("%03d", index%1000)
	for rest := index / 1000; rest > 0; rest /= 1000 {
		path = fmt.Sprintf("x%03d/%s", rest%1000, path)
	}
	if count < width {
		path += fmt.Sprintf(".p/%d", count)
	}
	return filepath.Join("tile", level, path)
}

type folder struct{ dir string }

func (f folder) Height() int { return 8 }

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		path := name(strconv.Itoa(tile.L), tile.N, tile.W)
		content, err := os.ReadFile(filepath.Join(f.dir, path))
		if err != nil {
			return nil, err
		}
		found = append(found, content)
	}
	return found, nil
}

// entries reads every leaf from the bundles.
func entries(dir string, size int64) [][]byte {
	var leaves [][]byte
	for index := int64(0); index*width < size; index++ {
		count := width
		if rest := size - index*width; rest < width {
			count = int(rest)
		}
		bundle := read(dir, name("entries", index, count))
		for len(bundle) > 0 {
			require(len(bundle) >= 2, "entry bundle")
			length := int(binary.BigEndian.Uint16(bundle))
			require(len(bundle) >= 2+length, "entry bundle")
			leaves = append(leaves, bundle[2:2+length])
			bundle = bundle[2+length:]
		}
	}
	require(int64(len(leaves)) == size, "number of entries")
	return leaves
}

type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for at, index := range indexes {
		found[at] = s[index]
	}
	return found, nil
}

// replay builds the whole tree again from the leaves.
func replay(leaves [][]byte, tree tlog.Tree) stored {
	var all stored
	for index, leaf := range leaves {
		made, err := tlog.StoredHashes(int64(index), leaf, all)
		must(err, "replay")
		all = append(all, made...)
	}
	root, err := tlog.TreeHash(tree.N, all)
	must(err, "replay")
	require(root == tree.Hash, "root over all entries")
	return all
}

// proofs checks each .tlog-proof file against the leaf at its index.
func proofs(dir, vkey string, leaves [][]byte) int {
	files, err := filepath.Glob(filepath.Join(dir, "proofs", "*.tlog-proof"))
	must(err, "proofs")
	for _, file := range files {
		top, checkpoint, found := strings.Cut(string(read(file)), "\n\n")
		lines := strings.Split(top, "\n")
		require(found && lines[0] == "c2sp.org/tlog-proof@v1", "form of a proof")
		index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
		must(err, "index of a proof")
		tree := opened([]byte(checkpoint), vkey)
		path := tlog.RecordProof(hashes(lines[2:]))
		leaf := tlog.RecordHash(leaves[index])
		must(tlog.CheckRecord(path, tree.N, tree.Hash, index, leaf), "inclusion proof "+file)
	}
	return len(files)
}

func main() {
	dir, vkey := os.Args[1], os.Args[2]
	tree := opened(read(dir, "checkpoint"), vkey)
	old := opened(read(os.Args[3]), vkey)
	lines := strings.Split(string(read(dir, "consistency")), "\n")
	must(tlog.CheckTree(hashes(lines), tree.N, tree.Hash, old.N, old.Hash), "consistency proof")
	leaves := entries(dir, tree.N)
	all := replay(leaves, tree)
	tiles := tlog.TileHashReader(tree, folder{dir})
	for first := 0; first < len(leaves); first += width {
		var at []int64
		for index := first; index < len(leaves) && index < first+width; index++ {
			at = append(at, tlog.StoredHashIndex(0, int64(index)))
		}
		found, err := tiles.ReadHashes(at)
		must(err, "tiles")
		for offset, hash := range found {
			require(hash == all[at[offset]], "tile of entry "+strconv.Itoa(first+offset))
		}
	}
	own, err := tlog.ProveTree(tree.N, old.N, tiles)
	must(err, "consistency from the tiles")
	must(tlog.CheckTree(own, tree.N, tree.Hash, old.N, old.Hash), "consistency from the tiles")
	fmt.Printf("ACCEPTED %d entries, %d proofs\n", tree.N, proofs(dir, vkey, leaves))
}
