//go:build tools

// Package gobgp names the programs that are built from the pinned module, for go.sum's sake.
package gobgp

import (
	_ "github.com/osrg/gobgp/v4/cmd/gobgp"
	_ "github.com/osrg/gobgp/v4/cmd/gobgpd"
)
