# Repeats the output of `go test -bench`, and ends with how many times as many
# operations a second each way does as the way beside it that is called "bare":
#   BenchmarkProductInfo/bare-2     50000   21000 ns/op
#   BenchmarkProductInfo/bridge-2   40000   30000 ns/op    → 0.70
{ print }

$1 ~ /^Benchmark/ && $4 == "ns/op" {
	name = $1
	sub(/-[0-9]+$/, "", name)
	slash = match(name, /\/[^\/]*$/)
	if (slash == 0) next
	group = substr(name, 1, slash - 1)
	way = substr(name, slash + 1)
	if (way == "bare") bare[group] = $3
	else { count++; groups[count] = group; ways[count] = way; took[count] = $3 }
}

END {
	for (i = 1; i <= count; i++) {
		if (!(groups[i] in bare) || took[i] == 0) continue
		if (!printed++) print "\nOperations a second, held against the bare way:"
		printf "  %-50s %5.2f\n", groups[i] "/" ways[i], bare[groups[i]] / took[i]
	}
}
