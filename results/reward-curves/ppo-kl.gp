# Draws ppo-kl.svg and ppo-kl.png from ppo-kl.csv:  gnuplot ppo-kl.gp
set datafile separator ","
set title "PPO: approximate KL of an update" font ",13"
set xlabel "training step"
set ylabel "nats per token"
set border 3 lc rgb "#666666"
set tics nomirror out
set grid lc rgb "#e4e4e4" lw 1
set key outside right top vertical Left reverse samplen 2
set style fill transparent solid 0.18 noborder
set xtics auto
data = "ppo-kl.csv"
set terminal svg size 760,420 font "Helvetica,12" name "ppo_kl" background rgb "white"
set output "ppo-kl.svg"
plot data using ($1==0?$2:1/0):($1==0?$4:1/0):($1==0?$5:1/0) skip 1 with filledcurves lc rgb "#0072B2" notitle, \
  data using ($1==0?$2:1/0):($1==0?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#0072B2" title "PPO: approxkl", \
  data using ($1==1?$2:1/0):($1==1?$4:1/0):($1==1?$5:1/0) skip 1 with filledcurves lc rgb "#56B4E9" notitle, \
  data using ($1==1?$2:1/0):($1==1?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#56B4E9" title "PPO-GT: approxkl"
set terminal pngcairo size 1140,630 font "Helvetica,15"
set output "ppo-kl.png"
replot
