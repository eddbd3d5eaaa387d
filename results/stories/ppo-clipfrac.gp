# Draws ppo-clipfrac.svg and ppo-clipfrac.png from ppo-clipfrac.csv:  gnuplot ppo-clipfrac.gp
set datafile separator ","
set title "PPO: clipped share" font ",13"
set xlabel "training step"
set ylabel "share of tokens"
set border 3 lc rgb "#666666"
set tics nomirror out
set grid lc rgb "#e4e4e4" lw 1
set key outside right top vertical Left reverse samplen 2
set style fill transparent solid 0.18 noborder
set xtics auto
data = "ppo-clipfrac.csv"
set terminal svg size 760,420 font "Helvetica,12" name "ppo_clipfrac" background rgb "white"
set output "ppo-clipfrac.svg"
plot data using ($1==0?$2:1/0):($1==0?$4:1/0):($1==0?$5:1/0) skip 1 with filledcurves lc rgb "#CC79A7" notitle, \
  data using ($1==0?$2:1/0):($1==0?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#CC79A7" title "PPO: policy", \
  data using ($1==1?$2:1/0):($1==1?$4:1/0):($1==1?$5:1/0) skip 1 with filledcurves lc rgb "#E69F00" notitle, \
  data using ($1==1?$2:1/0):($1==1?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#E69F00" title "PPO: value", \
  data using ($1==2?$2:1/0):($1==2?$4:1/0):($1==2?$5:1/0) skip 1 with filledcurves lc rgb "#CC79A7" notitle, \
  data using ($1==2?$2:1/0):($1==2?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#CC79A7" title "PPO-GT: policy", \
  data using ($1==3?$2:1/0):($1==3?$4:1/0):($1==3?$5:1/0) skip 1 with filledcurves lc rgb "#E69F00" notitle, \
  data using ($1==3?$2:1/0):($1==3?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#E69F00" title "PPO-GT: value"
set terminal pngcairo size 1140,630 font "Helvetica,15"
set output "ppo-clipfrac.png"
replot
