# Draws exact-offset.svg and exact-offset.png from exact-offset.csv:  gnuplot exact-offset.gp
set datafile separator ","
set title "A constant added to the reward" font ",13"
set xlabel "offset, standard deviations of the reward under the reference"
set ylabel "trCov / |g|²"
set border 3 lc rgb "#666666"
set tics nomirror out
set grid lc rgb "#e4e4e4" lw 1
set key outside right top vertical Left reverse samplen 2
set style fill transparent solid 0.18 noborder
set xtics auto
set logscale y
set format y "10^{%T}"
data = "exact-offset.csv"
set terminal svg size 760,420 font "Helvetica,12" name "exact_offset" background rgb "white"
set output "exact-offset.svg"
plot data using ($1==0?$2:1/0):($1==0?$3:1/0) skip 1 with lines lw 2 lc rgb "#D55E00" title "none", \
  data using ($1==1?$2:1/0):($1==1?$3:1/0) skip 1 with lines lw 2 lc rgb "#E69F00" title "reference mean E\\_ref[r]", \
  data using ($1==2?$2:1/0):($1==2?$3:1/0) skip 1 with lines lw 2 lc rgb "#CC79A7" title "one reference sample", \
  data using ($1==3?$2:1/0):($1==3?$3:1/0) skip 1 with lines lw 2 lc rgb "#B8A000" title "log-mean-exp of 4", \
  data using ($1==4?$2:1/0):($1==4?$3:1/0) skip 1 with lines lw 2 lc rgb "#7A6A00" title "log-mean-exp of 16", \
  data using ($1==5?$2:1/0):($1==5?$3:1/0) skip 1 with lines lw 2 lc rgb "#009E73" title "leave-one-out of 4", \
  data using ($1==6?$2:1/0):($1==6?$3:1/0) skip 1 with lines lw 2 lc rgb "#0072B2" title "soft value β log Z", \
  data using ($1==7?$2:1/0):($1==7?$3:1/0) skip 1 with lines lw 2 lc rgb "#56B4E9" title "policy value", \
  data using ($1==8?$2:1/0):($1==8?$3:1/0) skip 1 with lines lw 2 lc rgb "#000000" title "variance-optimal"
set terminal pngcairo size 1140,630 font "Helvetica,15"
set output "exact-offset.png"
replot
