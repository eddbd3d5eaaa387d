# Draws exact-path.svg and exact-path.png from exact-path.csv:  gnuplot exact-path.gp
set datafile separator ","
set title "Noise against signal on the way to the optimum" font ",13"
set xlabel "u = 1 − t"
set ylabel "trCov / |g|²"
set border 3 lc rgb "#666666"
set tics nomirror out
set grid lc rgb "#e4e4e4" lw 1
set key outside right top vertical Left reverse samplen 2
set style fill transparent solid 0.18 noborder
set xtics auto
set logscale x
set format x "10^{%T}"
set logscale y
set format y "10^{%T}"
data = "exact-path.csv"
set terminal svg size 760,420 font "Helvetica,12" name "exact_path" background rgb "white"
set output "exact-path.svg"
plot data using ($1==0?$2:1/0):($1==0?$3:1/0) skip 1 with lines lw 1.5 dt 2 lc rgb "#999999" title "u⁻²", \
  data using ($1==1?$2:1/0):($1==1?$3:1/0) skip 1 with lines lw 2 lc rgb "#D55E00" title "none", \
  data using ($1==2?$2:1/0):($1==2?$3:1/0) skip 1 with lines lw 2 lc rgb "#E69F00" title "reference mean E\\_ref[r]", \
  data using ($1==3?$2:1/0):($1==3?$3:1/0) skip 1 with lines lw 2 lc rgb "#CC79A7" title "one reference sample", \
  data using ($1==4?$2:1/0):($1==4?$3:1/0) skip 1 with lines lw 2 lc rgb "#B8A000" title "log-mean-exp of 4", \
  data using ($1==5?$2:1/0):($1==5?$3:1/0) skip 1 with lines lw 2 lc rgb "#7A6A00" title "log-mean-exp of 16", \
  data using ($1==6?$2:1/0):($1==6?$3:1/0) skip 1 with lines lw 2 lc rgb "#009E73" title "leave-one-out of 4", \
  data using ($1==7?$2:1/0):($1==7?$3:1/0) skip 1 with lines lw 2 lc rgb "#0072B2" title "soft value β log Z", \
  data using ($1==8?$2:1/0):($1==8?$3:1/0) skip 1 with lines lw 2 lc rgb "#56B4E9" title "policy value", \
  data using ($1==9?$2:1/0):($1==9?$3:1/0) skip 1 with lines lw 2 lc rgb "#000000" title "variance-optimal", \
  data using ($1==10?$2:1/0):($1==10?$3:1/0) skip 1 with lines lw 1.5 dt 2 lc rgb "#0072B2" title "training ends, soft value", \
  data using ($1==11?$2:1/0):($1==11?$3:1/0) skip 1 with lines lw 1.5 dt 2 lc rgb "#D55E00" title "training ends, none"
set terminal pngcairo size 1140,630 font "Helvetica,15"
set output "exact-path.png"
replot
