package bridge

import (
	"octobridge/bridge/config"
	"octobridge/bridge/one/integration"
)

// OneClientConfig is the configuration of a client of ONe's integration API.
func OneClientConfig(c config.One) integration.Config {
	return integration.Config{URL: c.URL, Tenant: c.Tenant, APIAuth: c.APIAuth, Timeout: c.Timeout}
}
