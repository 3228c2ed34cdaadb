"""What the columns of a split give away: proxies, groups, time, order, labels, images."""
