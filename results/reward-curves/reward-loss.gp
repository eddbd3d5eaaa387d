# Draws reward-loss.svg and reward-loss.png from reward-loss.csv:  gnuplot reward-loss.gp
set datafile separator ","
set title "Reward model: Bradley–Terry loss" font ",13"
set xlabel "training step"
set ylabel "nats per pair"
set border 3 lc rgb "#666666"
set tics nomirror out
set grid lc rgb "#e4e4e4" lw 1
set key outside right top vertical Left reverse samplen 2
set style fill transparent solid 0.18 noborder
set xtics auto
data = "reward-loss.csv"
set terminal svg size 760,420 font "Helvetica,12" name "reward_loss" background rgb "white"
set output "reward-loss.svg"
plot data using ($1==0?$2:1/0):($1==0?$4:1/0):($1==0?$5:1/0) skip 1 with filledcurves lc rgb "#CC79A7" notitle, \
  data using ($1==0?$2:1/0):($1==0?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#CC79A7" title "training"
set terminal pngcairo size 1140,630 font "Helvetica,15"
set output "reward-loss.png"
replot
